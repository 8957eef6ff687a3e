# A static binary in an empty image. Run it with the capabilities that VRRP needs and the host's network:
#   docker run --network host --cap-add NET_ADMIN --cap-add NET_RAW --cap-add BPF --cap-add PERFMON --cap-add SYS_NICE \
#     -v /etc/keepalived:/etc/keepalived:ro -v /sys/fs/bpf:/sys/fs/bpf -v /run/xvrrp:/run/xvrrp xvrrp run -f /etc/keepalived/keepalived.conf
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /xvrrp ./cmd/xvrrp

FROM scratch
COPY --from=build /xvrrp /xvrrp
ENTRYPOINT ["/xvrrp"]
CMD ["run", "-f", "/etc/keepalived/keepalived.conf"]
