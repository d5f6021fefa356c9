# syntax=docker/dockerfile:1
# The image holds one program that needs libc alone, and the certificates of public authorities.
FROM rust:1.95-slim-trixie AS build
# perl and make build the OpenSSL that josekit links; nothing of them reaches the image.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc g++ make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --package vestibule \
    && install -D target/release/vestibule /out/vestibule \
    && install -d -m 0700 /out/data/vestibule

FROM gcr.io/distroless/cc-debian13
LABEL org.opencontainers.image.title="Vestibule" \
      org.opencontainers.image.description="OAuth 2.0 and OpenID Connect provider" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /out/vestibule /usr/local/bin/vestibule
# By its parent: a folder that is copied by itself loses its mode.
COPY --from=build --chown=10001:10001 /out/data /var/lib
# A number, so that a cluster can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/vestibule
VOLUME /var/lib/vestibule
# Inside a container the outside is everything but loopback. The management listener stays on
# loopback, where the health check asks; open it to a scraper by setting it.
ENV VESTIBULE_SERVER__BIND=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/vestibule", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/vestibule"]
CMD ["serve", "--migrate"]
