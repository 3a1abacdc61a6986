package handshake

import (
	"strings"

	"github.com/gochimera/chimera/api"
)

// protocolField precedes the version in an announcement.
const protocolField = "protocol="

// Announcement is the line by which a worker reports that it listens at url. The
// version stands in it if the launcher has announced that it understands one: launchers
// from before, and people's scripts, take everything after the prefix for the URL.
func Announcement(url string, versioned bool) string {
	if !versioned {
		return api.Announcement + url
	}
	return api.Announcement + url + " " + protocolField + Version
}

// ParseAnnouncement is the URL in an announcement, unchecked; ok is false for any
// other line. The error is a *VersionError.
func ParseAnnouncement(line string) (url string, ok bool, err error) {
	rest, ok := strings.CutPrefix(line, api.Announcement)
	if !ok {
		return "", false, nil
	}
	url, fields, _ := strings.Cut(strings.TrimSpace(rest), " ")
	for _, field := range strings.Fields(fields) { // those that are not known are a newer minor version's
		if version, is := strings.CutPrefix(field, protocolField); is {
			err = check(version)
		}
	}
	return url, true, err
}
