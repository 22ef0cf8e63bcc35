"""The person's copy as a page to read or print: no script, nothing loaded, every word escaped."""

from jinja2 import Environment, StrictUndefined

from services.notify.copies.sheet import Sheet

_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string("""<!doctype html>
<html lang="{{ sheet.language }}"><head><meta charset="utf-8"><title>{{ sheet.title }}</title>
<meta name="viewport" content="width=device-width">
<style>body{font:1.15rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;
color:#000;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin:1.2rem 0 .2rem}p{margin:.3rem 0}
dl{border-top:2px solid #000;margin-top:2rem}dt{margin-top:1.2rem}
dd{margin:0;border-bottom:1px solid #000;height:1.6rem}
footer{margin-top:2rem;font-size:.8rem}@page{margin:2cm}</style></head>
<body><main><h1>{{ sheet.title }}</h1><p>{{ sheet.about }}</p>
{% for heading, paragraphs in sheet.sections %}<h2>{{ heading }}</h2>
{% for paragraph in paragraphs %}<p>{{ paragraph }}</p>
{% endfor %}{% endfor %}<h2>{{ sheet.served_heading }}</h2><dl>
{% for line in sheet.served %}<dt>{{ line }}</dt><dd></dd>
{% endfor %}</dl></main><footer>{{ sheet.notice_id }} · {{ sheet.version }}</footer></body></html>
""")


def as_html(sheet: Sheet) -> str:
    """Write a copy as HTML."""
    return _PAGE.render(sheet=sheet)
