//go:build !stackful_portable && (!(amd64 || arm64) || !(linux || darwin || freebsd))

package stackful

const portableBuild = "no native backend for this GOOS and GOARCH"
