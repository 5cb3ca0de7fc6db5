# The fleet: bridge, worker and gRPC are one program and one image.
#
#   docker build -f deploy/docker/worker-node.Dockerfile -t ghcr.io/millrace/worker-node:0.1.0 .
#   docker run ghcr.io/millrace/worker-node:0.1.0 bridge
#
# RUNTIME_IMAGE and APT_PACKAGES decide what FFmpeg the fleet runs on. As they are, it is Debian's, which the project is
# tested with. Any other image with glibc 2.28 or newer will do (Alpine has another libc), as long as all workers of a fleet
# run the same. Two examples; docs/images.md has more of them:
#   libvmaf        --build-arg RUNTIME_IMAGE=docker.io/jrottenberg/ffmpeg:7.1-ubuntu2404 --build-arg APT_PACKAGES=
#   VA-API, NVENC  --build-arg APT_PACKAGES="ca-certificates ffmpeg intel-media-va-driver mesa-va-drivers"
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
ARG RUNTIME_IMAGE=docker.io/library/debian:12.12-slim

FROM ${NODE_IMAGE} AS node

FROM node AS packages
RUN npm install --global pnpm@12.21.0
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY shared/package.json shared/
COPY worker-node/package.json worker-node/
RUN --mount=type=cache,target=/pnpm-store \
    pnpm config set --location=global store-dir /pnpm-store \
    && pnpm install --frozen-lockfile --prod --ignore-scripts --filter '@millrace/worker-node...' \
    && pnpm sbom --prod --filter @millrace/worker-node --sbom-type application \
       --sbom-format cyclonedx --sbom-spec-version 1.6 --out /app/sbom.cdx.json
COPY LICENSE ./
COPY deploy/docker/*.ts deploy/docker/
COPY shared/src shared/src
COPY worker-node/src worker-node/src

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=""
ARG CREATED=""
LABEL org.opencontainers.image.title="Millrace fleet" \
      org.opencontainers.image.description="Bridge, worker and gRPC door of Millrace: Node and FFmpeg" \
      org.opencontainers.image.source="https://github.com/millrace/millrace" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# Empty where the image has all it needs.
ARG APT_PACKAGES="ca-certificates ffmpeg"
RUN if [ -n "${APT_PACKAGES}" ]; then \
        apt-get update \
        && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${APT_PACKAGES} \
        && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb; \
    fi
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=packages /app /app
# The group is root's, as some clusters give containers any user they like, but always that group.
RUN echo 'millrace:x:10001:10001:Millrace:/nonexistent:/usr/sbin/nologin' >> /etc/passwd \
    && echo 'millrace:x:10001:' >> /etc/group \
    && install -d -o 10001 -g 0 -m 0770 /scratch \
    && node /app/deploy/docker/complete-sbom.ts /app/sbom.cdx.json
ENV NODE_ENV=production \
    SCRATCH_DIR=/scratch
WORKDIR /app
# The one place that is written to; everything else may be read-only.
VOLUME ["/scratch"]
USER 10001:10001
EXPOSE 9101 9111 9121 50051
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "/app/deploy/docker/check-health.ts"]
# Node is process 1: it takes SIGTERM itself, hands its work back, and waits for the children it starts.
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--single-threaded-gc", "/app/worker-node/src/main.ts"]
CMD ["worker"]
