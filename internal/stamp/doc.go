// Package stamp reads the kernel's time of arrival of a received frame.
package stamp
