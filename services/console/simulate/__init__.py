"""Invented load with a real shape: whole lives of bookings, by hour and weekday, with the accidents of real senders."""
