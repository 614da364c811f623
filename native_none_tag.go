//go:build stackful_portable

package stackful

const portableBuild = "built with the tag stackful_portable"
