import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * An application after the published DualShield sample for Java: {@code HttpClient}, OAuth client credentials,
 * a token that is fetched on first use and again a minute before it expires. Run as
 * {@code java DualShieldOAuth.java BASE_URL}; it ends with 0 if every answer was as documented. The response is
 * computed here, by RFC 6287 as far as one suite needs it.
 */
public class DualShieldOAuth {
    private static final String APP_CONTEXT = "/das5/rest/";
    private static final String SUITE = "OCRA-1:HOTP-SHA1-6:QN08";
    private static final byte[] KEY = HexFormat.of().parseHex("3132333435363738393031323334353637383930");

    private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final String base;
    private String accessToken;
    private Instant tokenExpiry = Instant.EPOCH;
    private int tokensFetched;

    DualShieldOAuth(String base) {
        this.base = base;
    }

    private String send(HttpRequest.Builder request, String body) throws Exception {
        HttpRequest made = request.timeout(Duration.ofSeconds(20))
                .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8)).build();
        return client.send(made, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)).body();
    }

    private static String form(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private void fetchToken() throws Exception {
        String body = "grant_type=client_credentials&client_id=" + form("portal") + "&client_secret=" + form("password01");
        String told = send(HttpRequest.newBuilder(URI.create(base + APP_CONTEXT + "oauth/token"))
                .header("Content-Type", "application/x-www-form-urlencoded"), body);
        accessToken = member(told, "access_token");
        long expiresIn = Long.parseLong(number(told, "expires_in"));
        tokenExpiry = Instant.now().plusSeconds(expiresIn - 60);
        tokensFetched++;
    }

    String post(String method, String body) throws Exception {
        if (!Instant.now().isBefore(tokenExpiry)) {
            fetchToken();
        }
        return send(HttpRequest.newBuilder(URI.create(base + APP_CONTEXT + method))
                .header("Content-Type", "application/json").header("Authorization", "Bearer " + accessToken), body);
    }

    private static String found(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new AssertionError(pattern + " is not in " + text);
        }
        return matcher.group(1);
    }

    static String member(String json, String name) {
        return found(json, "\"" + name + "\":\"([^\"]*)\"");
    }

    static String number(String json, String name) {
        return found(json, "\"" + name + "\":([0-9]+)");
    }

    static void expect(int error, String json) {
        if (Integer.parseInt(number(json, "error")) != error) {
            throw new AssertionError(error + " was expected: " + json);
        }
    }

    /** RFC 6287 for QN08: the suite, a zero, and the number in hexadecimal, padded to 128 bytes. */
    static String respond(String challenge) throws Exception {
        byte[] suite = SUITE.getBytes(StandardCharsets.US_ASCII);
        byte[] input = new byte[suite.length + 1 + 128];
        System.arraycopy(suite, 0, input, 0, suite.length);
        String hex = new java.math.BigInteger(challenge).toString(16);
        byte[] question = HexFormat.of().parseHex((hex + "0".repeat(256)).substring(0, 256));
        System.arraycopy(question, 0, input, suite.length + 1, 128);
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(KEY, "RAW"));
        byte[] hash = mac.doFinal(input);
        int at = hash[hash.length - 1] & 15;
        int binary = (hash[at] & 127) << 24 | (hash[at + 1] & 255) << 16 | (hash[at + 2] & 255) << 8 | hash[at + 3] & 255;
        return String.format("%06d", binary % 1_000_000);
    }

    public static void main(String[] arguments) throws Exception {
        DualShieldOAuth application = new DualShieldOAuth(arguments[0]);
        String user = "\"user\":{\"loginName\":\"myTestUser1\",\"domain.name\":\"ONLINEBANK\"}";
        String named = user + ",\"token\":{\"serial\":\"10000000\"}";
        String issued = application.post("auth/getChallengeCode", "{" + named + "}");
        expect(0, issued);
        String code = member(issued, "code");
        String credential = ",\"credential\":{\"otp\":\"" + respond(code) + "\",\"cc\":\"" + code + "\"}";
        expect(0, application.post("auth/logon", "{" + named + credential + "}"));
        expect(1004, application.post("auth/verifyResponse", "{" + named + credential + "}"));
        expect(242, application.post("auth/listTokens", "{\"user\":{\"loginName\":\"x\",\"domain.name\":\"OTHER\"}}"));
        expect(101, application.post("auth/listTokens", "{\"user\":{\"loginName\":\"nobody\"}}"));
        expect(0, application.post("auth/logout", "{}"));
        if (application.tokensFetched != 1) {
            throw new AssertionError("a token lives longer than a minute: " + application.tokensFetched);
        }
        System.out.println("Java: every answer was as documented");
    }
}
