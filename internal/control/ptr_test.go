package control

import "unsafe"

func ptr(list []uint32) unsafe.Pointer { return unsafe.Pointer(&list[0]) }
