# The release as an image: the one program, the few libraries it loads, nobody who is root, no shell.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential pkg-config libssl-dev libmariadb-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# What cargo downloads and compiles outlives one build of the image; what is needed later is copied out.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked -p hydra --features mysql \
    && install -D target/release/hydra /image/usr/bin/hydra
# libmariadb loads its ways of logging in by name. glibc, libgcc and OpenSSL are in the base image already.
RUN set -eu; \
    libraries="/usr/lib/$(uname -m)-linux-gnu"; \
    mkdir -p "/image$libraries"; \
    cp -rL "$libraries/libmariadb3" "$libraries/libmariadb.so.3" "/image$libraries/"; \
    for wanted in libz.so.1 libzstd.so.1; do \
        if ldd /image/usr/bin/hydra | grep -q "$wanted"; then cp -L "$(ldd /image/usr/bin/hydra | awk -v l="$wanted" '$1 == l {print $3}')" "/image$libraries/"; fi; \
    done

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /image/usr /usr
# `serve all --dev` without DSN keeps its database in the working folder.
WORKDIR /home/nonroot
USER nonroot
# public, admin, and where `hydra perform authorization-code` listens
EXPOSE 4444 4445 5555
ENTRYPOINT ["hydra"]
CMD ["serve", "all"]
