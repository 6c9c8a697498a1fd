import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.InvalidPathException;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.PathNotFoundException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import net.minidev.json.JSONStyle;
import net.minidev.json.JSONValue;

/** Answers pairs of lines, a path and a document, with what Jayway JsonPath makes of them: one line of tab-separated fields. */
public class Jayway {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String path; (path = in.readLine()) != null; ) {
            out.println(answer(path, in.readLine()));
        }
        out.flush();
    }

    private static String answer(String path, String document) {
        try {
            Object root = Configuration.defaultConfiguration().jsonProvider().parse(document);
            Object value = JsonPath.compile(path).read(root);
            return "value\t" + JSONValue.toJSONString(value, JSONStyle.LT_COMPRESS) + "\t" + JSONValue.escape(String.valueOf(value));
        } catch (PathNotFoundException e) {
            return "missing";
        } catch (InvalidPathException e) {
            return "invalid\t" + JSONValue.escape(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            return "failed\t" + JSONValue.escape(e.toString());
        }
    }
}
