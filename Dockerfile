# An empty image with the static binary, which `make image` builds first: nothing is pulled, nothing is downloaded.
# Run it with the capabilities that VRRP needs and in the host's network:
#   docker run --network host --cap-drop ALL --cap-add NET_ADMIN --cap-add NET_RAW --cap-add BPF --cap-add PERFMON --cap-add SYS_NICE \
#     --cap-add IPC_LOCK -v /etc/keepalived:/etc/keepalived:ro -v /sys/fs/bpf:/sys/fs/bpf -v /run/xvrrp:/run/xvrrp xvrrp
# There is no shell and no other program in it: check and notify scripts have to come in by a volume, with all they need.
FROM scratch
COPY bin/xvrrp /xvrrp
ENTRYPOINT ["/xvrrp"]
CMD ["run", "-f", "/etc/keepalived/keepalived.conf"]
