# Balto in one container. BASE is any Debian-like image with Python 3.11 or later as python3, venv included.
ARG BASE=docker.io/library/python:3.11-slim
FROM ${BASE}

ENV PYTHONUNBUFFERED=1 \
    PATH=/opt/balto/.venv/bin:$PATH \
    BALTO_DATA_DIR=/dados \
    PORT=8765

WORKDIR /opt/balto

# The dependencies first: they change less often than the code. Compiled here, so that a start compiles nothing.
COPY requirements requirements
RUN python3 -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        -r requirements/bootstrap.lock \
    && .venv/bin/uv pip install --system-certs --no-cache --python .venv/bin/python --no-deps --require-hashes \
        -r requirements/run.lock -r requirements/no-deps.lock \
    && { .venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null || true; }

COPY . .
RUN .venv/bin/uv pip install --no-cache --python .venv/bin/python --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q cli client configs deployments pipeline sandbox \
    && useradd --create-home --uid 10001 balto \
    && install -d -o balto -g balto /dados

USER balto
# Relative paths in settings, such as DB_FILE, are in the volume.
WORKDIR /dados
VOLUME /dados
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/pronto', timeout=4)"]

# SIGTERM goes to Balto itself, which drains. An init in front of it (compose has one, else `docker run --init`) only
# reaps what a crashed process leaves behind.
CMD ["balto", "run", "--profile", "live"]
