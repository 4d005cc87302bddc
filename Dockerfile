# An image of a DCS node.
#
#     docker build -t dcs .
#     docker run -p 50051:50051 -p 9898:9898 dcs
#
# It is open to everybody who reaches it until a secret is set (DCS_JWT_SECRET_FILE), and says so in its
# log. Nothing but /data is written: --read-only works, and so do all other restrictions of
# docs/OPERATIONS.md. The bases are arguments, so that others can be taken.
ARG BUILDER=swift:6.2-bookworm
ARG RUNTIME=debian:bookworm-slim

FROM ${BUILDER} AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        binutils liblz4-dev libstemmer-dev libzstd-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product dcs \
    && swift build -c release --static-swift-stdlib --product dcs-inspect \
    && mkdir -p /out \
    && for program in dcs dcs-inspect; do \
        strip -o "/out/$program" ".build/release/$program"; \
    done

FROM ${RUNTIME}
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates liblz4-1 libstdc++6 libstemmer0d libzstd1 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -m 0700 /data \
    && chown 65532:65532 /data
COPY --from=builder /out/dcs /out/dcs-inspect /usr/bin/
COPY LICENSE /usr/share/doc/dcs/copyright
# A number, so that Kubernetes sees that it is not root.
USER 65532:65532
WORKDIR /data
VOLUME /data
# From within a container the loopback address reaches nobody. The store is a folder below the volume,
# whose root may hold lost+found.
ENV DCS_DATA_DIR=/data/store \
    DCS_LISTEN=0.0.0.0 \
    DCS_INSECURE=true
EXPOSE 50051 9898
STOPSIGNAL SIGTERM
# A long recovery is not an illness.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10m --retries=3 CMD ["dcs", "health"]
ENTRYPOINT ["dcs"]
CMD ["serve"]
