package console

// Pages are the addresses of all pages, those of an API included.
func Pages(api string) []string {
	pages := []string{"/apis", "/domains", "/keys", "/plans", "/credentials", "/changes", "/nodes"}
	for _, page := range []string{"routes", "integrations", "authorizers", "models", "settings", "stages", "deployments", "dashboard", "connections", "trace", "client"} {
		pages = append(pages, "/apis/"+api+"/"+page)
	}
	return pages
}
