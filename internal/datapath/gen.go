package datapath

// The BPF program and its Go twins are committed; `make generate` renews them.
//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel -go-package datapath -cflags "-O2 -g -mcpu=v3 -Wall -Wextra -Werror -I../../bpf/include" -type verdict -type event_kind -type advert_event -type address -type router_key -type router -type party_key -type party -type history -type interface -type tally -type vip4_key -type vip6_key -type vip -type lease -type claim_kind -type claim_event -type wake_event -type wake_request -type signal -type vmac_key -type voice vrrp ../../bpf/vrrp.bpf.c
