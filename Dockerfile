# Two images, both unprivileged and without a secret:
#
#     docker build --target app -t than-thien .          web, worker, clock, migrate and every other command
#     docker build --target rasa -t than-thien-rasa .    one Rasa server with the model trained here
#
# Packages are the pinned ones, checked by hash. An index or certificate of one's own is given to pip from outside,
# through its environment or a mounted pip.conf while building; nothing of it stays in the image.

# ---- app ----------------------------------------------------------------------------------------------------------
FROM python:3.11-slim-bookworm AS app-build
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        -r requirements.txt
COPY pyproject.toml README.md ./
COPY bot bot
COPY connectors connectors
COPY knowledge knowledge
COPY nlu nlu
# The source stays where it is, because the pages and the content files are read beside the code.
RUN pip --python /opt/venv/bin/python install --no-cache-dir --no-deps --no-build-isolation -e . \
    && pip --python /opt/venv/bin/python uninstall -q -y setuptools \
    && find /opt/venv -type d -name tests -prune -exec rm -rf {} + \
    && /opt/venv/bin/python -m compileall -q /app/bot /app/connectors /app/knowledge /app/nlu/client.py

FROM python:3.11-slim-bookworm AS app
RUN pip uninstall -q -y --root-user-action ignore wheel setuptools pip \
    && groupadd --gid 10001 than-thien \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin than-thien \
    && install -d -o 10001 -g 10001 -m 0750 /data
COPY --from=app-build /opt/venv /opt/venv
COPY --from=app-build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    THANTHIEN_DATA_DIR=/data \
    THANTHIEN_HOST=0.0.0.0 \
    THANTHIEN_PORT=8080
WORKDIR /data
USER 10001:10001
VOLUME /data
EXPOSE 8080
# For `web`. The other commands listen on nothing: start them with --no-healthcheck, as compose.yaml does.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['THANTHIEN_PORT']), timeout=3); c.request('GET', '/health/live'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["than-thien"]
CMD ["web"]

# ---- rasa ---------------------------------------------------------------------------------------------------------
FROM python:3.10-slim-bookworm AS rasa-build
WORKDIR /app
COPY nlu/rasa/requirements.txt nlu/rasa/requirements.txt
# Three of the packages exist as source only. They are built with the pinned setuptools, not with whatever is newest.
RUN python -m venv --without-pip .venv-rasa \
    && sed -n '/^setuptools==/,/[^\\]$/p' nlu/rasa/requirements.txt > /tmp/setuptools.txt \
    && pip --python .venv-rasa/bin/python install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        -r /tmp/setuptools.txt \
    && pip --python .venv-rasa/bin/python install --no-cache-dir --no-deps --no-build-isolation --use-pep517 \
        --require-hashes -r nlu/rasa/requirements.txt \
    && find .venv-rasa -type d \( -name tests -o -path '*/tensorflow/include' \) -prune -exec rm -rf {} +
COPY nlu/__init__.py nlu/__init__.py
COPY nlu/rasa nlu/rasa
COPY knowledge/__init__.py knowledge/normalise.py knowledge/
COPY knowledge/content/words.tsv knowledge/content/words.tsv

FROM rasa-build AS rasa-model
COPY bot/__init__.py bot/training.py bot/
# What `than-thien train` runs; the archive's name is the hash of all it was made of.
RUN python -c "import asyncio, bot.training as t, pathlib; asyncio.run(t.train(pathlib.Path('/trained'), lambda _: None))" \
        || { cat /trained/logs/training.log; exit 1; } \
    && mkdir /models && mv /trained/models/*/*.tar.gz /models/

FROM python:3.10-slim-bookworm AS rasa
RUN pip uninstall -q -y --root-user-action ignore wheel setuptools pip \
    && groupadd --gid 10001 than-thien \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin than-thien
COPY --from=rasa-build /app /app
COPY --from=rasa-model /models /models
ENV PATH=/app/.venv-rasa/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONWARNINGS=ignore \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp \
    RASA_TELEMETRY_ENABLED=false \
    RASA_MAX_CACHE_SIZE=0 \
    SQLALCHEMY_SILENCE_UBER_WARNING=1 \
    TF_CPP_MIN_LOG_LEVEL=3 \
    TF_NUM_INTRAOP_THREADS=1 \
    TF_NUM_INTEROP_THREADS=1 \
    CUDA_VISIBLE_DEVICES= \
    GIT_PYTHON_REFRESH=quiet \
    LOG_LEVEL=ERROR \
    LOG_LEVEL_LIBRARIES=ERROR \
    THANTHIEN_RASA_HOST=0.0.0.0
WORKDIR /tmp
USER 10001:10001
# Never publish this port: citizens' words pass here unencrypted. The token comes from THANTHIEN_RASA_TOKEN.
EXPOSE 5005
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys, urllib.parse; c = http.client.HTTPConnection('127.0.0.1', 5005, timeout=3); c.request('GET', '/status?' + urllib.parse.urlencode({'token': os.environ['THANTHIEN_RASA_TOKEN']})); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "nlu.rasa.serve"]
# A folder with one archive. Another model: mount its folder (data/models/ID of `than-thien train`) over /models.
CMD ["/models", "5005"]
