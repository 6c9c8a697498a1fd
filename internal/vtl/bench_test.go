package vtl_test

import (
	"testing"

	"gangway/internal/vtl"
)

// benchTemplates are like those of the AWS developer guide.
var benchTemplates = map[string]string{
	"references": `{"connection": "$connectionId", "route": "${routeKey}", "user": "$m.user.name", "n": $m.count}`,
	"foreach":    `[#foreach($item in $items){"id": $item.id, "name": "$item.name"}#if($foreach.hasNext),#end#end]`,
	"escape":     `{"body": "$util.escapeJavaScript($text).replaceAll("\\'", "'")"}`,
	"logic":      `#set($n = $m.count + 1)#if($n > 2 && $m.user.name != "x")#set($r = "big $n")#else#set($r = "small")#end{"r": "$r"}`,
	"macro":      `#macro(field $k $v)"$k": "$v"#end{#field("a" $m.user.name), #field("b" $m.count)}`,
	"static":     `{"statusCode": 200}`,
}

const benchVars = `{"connectionId": "abcDEFghiJKLmno=", "routeKey": "chat", "m": {"user": {"name": "ann"}, "count": 3},
	"text": "it's a \"text\" with some length to escape\n",
	"items": [{"id":1,"name":"a"},{"id":2,"name":"b"},{"id":3,"name":"c"},{"id":4,"name":"d"},{"id":5,"name":"e"}]}`

func BenchmarkAppend(b *testing.B) {
	for name, source := range benchTemplates {
		b.Run(name, func(b *testing.B) {
			template := mustParse(b, source)
			vars := document(b, benchVars)
			vars["util"] = vtl.Util{}
			var known vtl.Vars = vars
			buffer := make([]byte, 0, 4<<10)
			b.ReportAllocs()
			for b.Loop() {
				out, err := template.Append(buffer[:0], known, vtl.Limits{})
				if err != nil || len(out) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, source := range benchTemplates {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := vtl.Parse(source); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
