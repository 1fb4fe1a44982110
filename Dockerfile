# syntax=docker/dockerfile:1
# campus-gateway: build with a compiler, run without one.

FROM node:24-bookworm-slim AS build
# better-sqlite3 is compiled where no prebuilt file fits or none can be fetched.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY gateway gateway
COPY adapters adapters
COPY simulators simulators
# The optional packages are embedded ffmpeg binaries (GPL); this image takes the distribution's ffmpeg instead.
RUN npm run build && npm prune --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --system --gid 990 campus-gateway \
  && useradd --system --uid 990 --gid 990 --home-dir /var/lib/campus-gateway --shell /usr/sbin/nologin campus-gateway \
  && install -d -m 0700 -o campus-gateway -g campus-gateway /var/lib/campus-gateway
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY config config
COPY LICENSE ./
# Every key at its default; mount your own over it. The data folder is set here, whatever the file says.
COPY config/gateway.example.yaml /etc/campus-gateway/gateway.yaml
ENV NODE_ENV=production \
  CAMPUS_GATEWAY__DATA_FOLDER=/var/lib/campus-gateway
USER campus-gateway
VOLUME /var/lib/campus-gateway
# HTTPS console and API, MQTTS for panels, RTSP for players, and packets from cameras that are heard by UDP.
EXPOSE 8443 8883 8554 8322 8556/udp 8557/udp 8560-8659/udp
# The certificate is the box's own: this asks whether the gateway lives, on loopback, and proves nobody's identity.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "-e", "require('node:https').get({host:'127.0.0.1',port:process.env.CAMPUS_GATEWAY__HTTP__PORT||8443,path:'/healthz',rejectUnauthorized:false,timeout:4000},(reply)=>process.exit(reply.statusCode===200?0:1)).on('timeout',()=>process.exit(1)).on('error',()=>process.exit(1))"]
STOPSIGNAL SIGTERM
# The option of the program's first line: a third less memory than V8 takes by itself.
ENTRYPOINT ["node", "--max-semi-space-size=4", "dist/gateway/main.js"]
CMD ["serve", "--config", "/etc/campus-gateway/gateway.yaml"]
