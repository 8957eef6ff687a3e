// Command kernels runs the BPF suite (the tests of internal/datapath) on other
// kernels than this machine's: Debian's own images, booted by QEMU from an
// initramfs that holds nothing but the suite and tools/kernels/guest.
//
//	go run ./tools/kernels -out docs/kernels.md              # the oldest and the newest that apt offers
//	go run ./tools/kernels linux-image-6.12-cloud-amd64 ...  # these packages
//
// The images are downloaded and unpacked, never installed: the host's boot is
// not touched. KVM is used where it carries a guest, emulation elsewhere, which
// takes minutes for each kernel. The table says what ran, not what ought to.
package main
