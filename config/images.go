package config

// Images is where the images of workers are kept for the nodes of a cluster.
type Images struct {
	Registry string `yaml:"registry" validate:"omitempty,image_registry"`
}

// Docs says what each setting is.
func (Images) Docs() map[string]string {
	return map[string]string{
		"registry": "registry, and what stands before the images' names in it, such as registry.example.org/me, to which workers' images go and from which the " +
			"nodes fetch them; who may write there is as for docker itself (`docker login`, credential helpers)",
	}
}
