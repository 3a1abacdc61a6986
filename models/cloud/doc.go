// Package cloud keeps models in buckets: S3 and what speaks its protocol, and memory. A program that imports it
// understands these as models.store of chimera.yaml:
//
//	s3://bucket/prefix?region=eu-west-1   credentials come from the environment, as for all programs of AWS
//	mem://                                memory, gone with the program: for trials and tests
//	file:///absolute/folder               the same as the folder's path
//
// The parameters of S3 are those of gocloud.dev/blob/s3blob; a server of one's own is named with
// endpoint=http://host:9000&use_path_style=true.
//
// The SDKs of clouds are large, so only programs link it that want it: generated files do if models.store is a URL,
// and the command line does.
package cloud
