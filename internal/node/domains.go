package node

import (
	"strings"

	"gangway/internal/gateway"
)

// admitDomains has the data listener answer to the custom domain names that there are now.
func (n *Node) admitDomains() {
	all, asking := map[string]gateway.Mappings{}, map[string]string{}
	for _, object := range n.shared.Objects().List("domainnames") {
		var domain gateway.DomainName
		_, err := n.read(object.Key, &domain)
		if err == nil {
			err = domain.CheckOptions() // one that came before this version knew may have been meant to keep somebody out
		}
		if err != nil {
			n.cfg.Log.Error("custom domain name is not served", "domain", object.Key.ID(), "error", err, "remedy", mendTags)
			continue
		}
		under := gateway.Mappings{}
		for _, mapping := range list[gateway.APIMapping](n, object.Key+"/apimappings") {
			under[mapping.APIMappingKey] = mapping.StageKey()
		}
		all[domain.DomainName] = under
		if ca := domain.Tags[gateway.TagClientCA]; ca != "" {
			asking[strings.ToLower(domain.DomainName)] = ca
		}
	}
	n.asking.Store(&asking) // first: nobody reaches a domain before it is known whom it trusts
	n.names.Domains.Replace(all)
	n.assign()
}

// assign says which certificates custom domain names have: certificateArn names one by what follows its last slash.
func (n *Node) assign() {
	if n.tls == nil {
		return
	}
	assigned := map[string]bool{}
	for _, domain := range list[gateway.DomainName](n, "domainnames") {
		assigned[domain.DomainName] = true
		for _, endpoint := range domain.DomainNameConfigurations {
			arn := endpoint.CertificateARN
			n.tls.Assign(domain.DomainName, arn[strings.LastIndexByte(arn, '/')+1:])
		}
	}
	for name := range n.assigned {
		if !assigned[name] {
			n.tls.Assign(name, "")
		}
	}
	n.assigned = assigned
}
