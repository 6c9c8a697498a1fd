import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import net.minidev.json.parser.JSONParser;
import net.minidev.json.writer.JsonReader;
import org.apache.commons.lang.StringEscapeUtils;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.app.event.EventCartridge;
import org.apache.velocity.app.event.InvalidReferenceEventHandler;
import org.apache.velocity.context.Context;
import org.apache.velocity.util.introspection.Info;

// Oracle renders templates with Apache Velocity, as AWS answers: what is null is an empty string.
//
// A line on standard input is a template and a JSON object of variables, a line on standard output "ok" or "err" and
// a text. All three are in base64.
public class Oracle {
  static class Empty implements InvalidReferenceEventHandler {
    public Object invalidGetMethod(Context c, String reference, Object o, String property, Info i) {
      return "";
    }

    public boolean invalidSetMethod(Context c, String left, String right, Info i) {
      return false;
    }

    public Object invalidMethod(Context c, String reference, Object o, String method, Info i) {
      return "";
    }
  }

  // Util is made of the libraries that the AWS developer guide describes.
  public static class Util {
    public String escapeJavaScript(String s) {
      return StringEscapeUtils.escapeJavaScript(s);
    }

    public String urlEncode(String s) throws Exception {
      return URLEncoder.encode(s, "UTF-8");
    }

    public String urlDecode(String s) throws Exception {
      return URLDecoder.decode(s, "UTF-8");
    }

    public String base64Encode(String s) {
      return encoded(s);
    }

    public String base64Decode(String s) {
      return decoded(s);
    }
  }

  static String decoded(String s) {
    return new String(Base64.getDecoder().decode(s), StandardCharsets.UTF_8);
  }

  static String answer(String line) {
    String[] fields = line.split(" ", -1);
    StringWriter out = new StringWriter();
    try {
      VelocityEngine engine = new VelocityEngine();
      engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
      engine.setProperty("velocimacro.library", "");
      engine.setProperty("velocimacro.permissions.allow.inline.local.scope", "true");
      engine.init();
      VelocityContext context = new VelocityContext();
      Object document =
          new JSONParser(JSONParser.MODE_PERMISSIVE).parse(decoded(fields[1]), new JsonReader().DEFAULT_ORDERED);
      for (Map.Entry<?, ?> e : ((Map<?, ?>) document).entrySet()) {
        context.put((String) e.getKey(), e.getValue());
      }
      context.put("util", new Util());
      EventCartridge cartridge = new EventCartridge();
      cartridge.addEventHandler(new Empty());
      cartridge.attachToContext(context);
      engine.evaluate(context, out, "template", decoded(fields[0]));
      return "ok " + encoded(out.toString());
    } catch (Throwable t) {
      return "err " + encoded(t.toString());
    }
  }

  static String encoded(String s) {
    return Base64.getEncoder().encodeToString(s.getBytes(StandardCharsets.UTF_8));
  }

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
    for (String line; (line = in.readLine()) != null; ) {
      out.println(answer(line));
    }
    out.flush();
  }
}
