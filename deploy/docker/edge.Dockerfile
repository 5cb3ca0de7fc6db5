# The control plane without Cloudflare: the Worker that Cloudflare runs, on workerd, and what Cloudflare brings with it.
#
#   docker build -f deploy/docker/edge.Dockerfile -t ghcr.io/millrace/edge:0.1.0 .
#   docker run ghcr.io/millrace/edge:0.1.0 edge | queue | neon-proxy | redis-proxy | migrate
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
ARG RUNTIME_IMAGE=docker.io/library/debian:12.12-slim

FROM ${NODE_IMAGE} AS node

FROM node AS manifests
RUN npm install --global pnpm@12.21.0 \
    && pnpm config set --location=global store-dir /pnpm-store
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY deploy/package.json deploy/
COPY deploy/local/package.json deploy/local/
COPY edge/package.json edge/
COPY shared/package.json shared/

# What workerd loads is bundled here, once, by the tool that deploys to Cloudflare. What only builds goes in the same step,
# so that no builder keeps it.
FROM manifests AS bundles
COPY wrangler.toml ./
COPY deploy/local deploy/local
COPY deploy/services deploy/services
COPY edge edge
COPY shared/src shared/src
RUN --mount=type=cache,target=/pnpm-store \
    pnpm install --frozen-lockfile --ignore-scripts --filter millrace --filter '@millrace/deploy...' \
    && node --disable-warning=ExperimentalWarning deploy/services/build.ts /bundles \
    && find /app -name node_modules -prune -exec rm -rf {} +

FROM manifests AS packages
RUN --mount=type=cache,target=/pnpm-store \
    pnpm install --frozen-lockfile --prod --ignore-scripts --filter '@millrace/deploy...' \
    && pnpm sbom --prod --filter @millrace/deploy --filter @millrace/edge --sbom-type application \
       --sbom-format cyclonedx --sbom-spec-version 1.6 --out /app/sbom.cdx.json
COPY LICENSE ./
COPY deploy/docker/*.ts deploy/docker/
COPY deploy/local deploy/local
COPY deploy/services deploy/services
COPY edge/src edge/src
COPY migrations migrations
COPY shared/src shared/src

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=""
ARG CREATED=""
LABEL org.opencontainers.image.title="Millrace edge" \
      org.opencontainers.image.description="The control plane of Millrace on workerd, with the stand-ins for Cloudflare's queue, Neon and Upstash" \
      org.opencontainers.image.source="https://github.com/millrace/millrace" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=packages /app /app
COPY --from=bundles /bundles /app
RUN echo 'millrace:x:10001:10001:Millrace:/nonexistent:/usr/sbin/nologin' >> /etc/passwd \
    && echo 'millrace:x:10001:' >> /etc/group \
    && install -d -o 10001 -g 0 -m 0770 /data \
    && node /app/deploy/docker/complete-sbom.ts /app/sbom.cdx.json
ENV NODE_ENV=production
WORKDIR /app
# Written to: /data by the queue; /tmp, a little, by the programs that start workerd. Everything else may be read-only.
VOLUME ["/data"]
USER 10001:10001
EXPOSE 8080 8081 8090 8091 8092
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "/app/deploy/docker/check-health.ts"]
# Node is process 1: it takes SIGTERM itself, lets workerd answer what it has begun, and waits for it.
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/app/deploy/services/main.ts"]
CMD ["edge"]
