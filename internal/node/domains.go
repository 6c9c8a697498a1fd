package node

import (
	"strings"

	"gangway/internal/gateway"
)

// admitDomains has the data listener answer to the custom domain names that there are now.
func (n *Node) admitDomains() {
	all := map[string]gateway.Mappings{}
	for _, object := range n.shared.Objects().List("domainnames") {
		under := gateway.Mappings{}
		for _, mapping := range list[gateway.APIMapping](n, object.Key+"/apimappings") {
			under[mapping.APIMappingKey] = mapping.StageKey()
		}
		all[object.Key.ID()] = under
	}
	n.names.Domains.Replace(all)
	n.assign()
}

// assign says which certificates custom domain names have: certificateArn names one by what follows its last slash.
func (n *Node) assign() {
	if n.tls == nil {
		return
	}
	for _, domain := range list[gateway.DomainName](n, "domainnames") {
		for _, endpoint := range domain.DomainNameConfigurations {
			arn := endpoint.CertificateARN
			n.tls.Assign(domain.DomainName, arn[strings.LastIndexByte(arn, '/')+1:])
		}
	}
}
