FROM python:3.13-slim

RUN useradd --uid 1000 --create-home wellstream \
    && mkdir -p /data && chown wellstream /data
RUN python3 -m pip install --no-cache-dir uv
WORKDIR /app
ENV UV_PROJECT_ENVIRONMENT=/app/.venv UV_PYTHON_DOWNLOADS=never PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# The dependencies first: they change less often than the code.
COPY pyproject.toml README.md LICENSE ./
RUN uv sync --no-dev --no-install-project --no-cache
COPY schemas schemas
COPY locales locales
COPY producers producers
COPY streams streams
COPY dashboard dashboard
COPY wellstream wellstream
COPY studies studies
COPY instruments instruments
RUN uv sync --no-dev --no-cache

USER wellstream
ENV HOME=/tmp WELLSTREAM_HOME=/data WELLSTREAM_STUDY=/app/studies/demo.yaml
ENTRYPOINT []
CMD ["wellstream", "--help"]
