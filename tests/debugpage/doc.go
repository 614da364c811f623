// Package debugpage opens the page of package poller/debug in a headless Chromium, and looks at what a
// user would see: the tasks, and that the page keeps itself up to date. Its test is skipped with
// -short, and where there is no Chromium, which is driven over pipes: on Unix only. It keeps screenshots in the folder that the environment
// variable DEBUGPAGE_SCREENSHOTS names.
package debugpage
