# One image for all services: `countersign serve intake|decision|notify`, and `countersign migrate`.
FROM python:3.11.14-slim-bookworm AS build
ENV UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
WORKDIR /src
COPY pyproject.toml requirements.lock ./
# The lock is the list of what may be installed, by digest; only what the services need is taken from it.
RUN uv venv /venv \
 && VIRTUAL_ENV=/venv uv pip install --require-hashes --compile-bytecode -c requirements.lock -r pyproject.toml
COPY LICENSE README.md ./
COPY services services
COPY shared shared
COPY migrations migrations
# The builder of our own wheel comes from the lock too.
RUN uv venv /builder \
 && grep -oE '^(hatchling|editables)==[^ ]+' requirements.lock > builder.txt \
 && VIRTUAL_ENV=/builder uv pip install --require-hashes -c requirements.lock -r builder.txt \
 && VIRTUAL_ENV=/builder uv build --wheel --no-build-isolation --python /builder/bin/python --out-dir /wheels \
 && VIRTUAL_ENV=/venv uv pip install --no-deps --compile-bytecode /wheels/*.whl

FROM python:3.11.14-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin countersign
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["countersign"]
