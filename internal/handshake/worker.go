package handshake

import (
	"encoding/json"
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

// refusal begins the line by which a worker reports that its training data is bad.
const refusal = "CHIMERA-WORKER-REFUSES-DATA "

// BadData is the exit status of a worker whose training data is bad.
const BadData = 3

// Refusal is the line by which a worker reports that it ends because its training data is bad, to a launcher
// that has announced that it understands a version. Such a launcher says so itself, once.
func Refusal(reason string) string {
	text, _ := json.Marshal(reason) // a string always has a JSON form; it may have several lines
	return refusal + string(text)
}

// ParseRefusal is the reason in a refusal; ok is false for any other line.
func ParseRefusal(line string) (reason string, ok bool) {
	text, ok := strings.CutPrefix(line, refusal)
	if !ok || json.Unmarshal([]byte(text), &reason) != nil {
		return "", false
	}
	return reason, true
}
