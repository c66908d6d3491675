package io.silverback.server.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.airlift.compress.snappy.SnappyFramedOutputStream;
import io.silverback.cluster.message.PeerInputs;
import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.ParsedExposition;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import io.silverback.codec.row.SealedInputs;
import io.silverback.server.ReadClient;
import io.silverback.server.group.GroupUpdate;
import io.silverback.server.member.MemberInputs;
import io.silverback.server.storage.MetricStore.Submission;
import io.silverback.server.storage.replica.SubmissionCodec;
import io.silverback.server.storage.replica.UpdateCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Valid inputs of each target, from which others are made, and pieces that are put into them. */
final class FuzzSeeds {
  private static final String TEXT =
      """
      # HELP a doc\\n \\\\ é
      # TYPE a counter
      a{l="v\\"\\n",m="ü"} 1.5e-3 123
      # TYPE h histogram
      h_bucket{le="1"} 1
      h_bucket{le="+Inf"} 2.5
      h_sum 3
      h_count 2
      # TYPE s summary
      s{quantile="0.5",k="w"} -1
      s_sum{k="w"} NaN
      s_count{k="w"} 7
      {"u.v","x.y"="z",} 1e300
      """;

  private static final String YAML =
      """
      tls_server_config: &a
        cert_file: x.pem
        min_version: TLS12
      http_server_config: {http2: true, headers: {X-Frame-Options: deny}}
      basic_auth_users: {u: "$2y$10$abcdefghijklmnopqrstuv"}
      b: *a
      """;

  /** Pieces that mean something to some reader. */
  static final List<byte[]> PIECES =
      Stream.of(
              "{",
              "}",
              "\"",
              "\\",
              "=",
              ",",
              "\n",
              "# TYPE a ",
              "quantile=\"",
              "le=\"",
              "NaN",
              "+Inf",
              "1e999",
              "0x1p-1074",
              "@base64",
              "/",
              "%",
              "%00",
              "%c3%28",
              "&match[]=",
              "=~\"(.*.*){9}\"",
              "U__",
              "_2e_",
              "*a",
              "&a",
              ": |\n",
              "\u0000",
              "\u00ff\u00ff\u00ff\u00ff\u000f",
              "\u0080\u0080\u0080\u0080\u0080\u0001",
              "\u00ff\u0006\u0000\u0000sNaPpY",
              "\u001f\u008b\u0008")
          .map(piece -> piece.getBytes(ISO_8859_1))
          .toList();

  private FuzzSeeds() {}

  static List<byte[]> of(FuzzTarget target) {
    return switch (target) {
      case TEXT, TEXT_UTF8 -> List.of(TEXT.getBytes(UTF_8));
      case PROTOBUF -> List.of(protobuf());
      case GZIP -> List.of(packed(TEXT, true));
      case SNAPPY -> List.of(packed(TEXT, false));
      case SNAPPY_BLOCK -> List.of(ReadClient.snappy(TEXT.getBytes(UTF_8)));
      case READ_REQUEST ->
          List.of(
              ReadClient.request(
                  ReadClient.CHUNKS,
                  ReadClient.always(
                      ReadClient.matcher(ReadClient.LIKE, "a", "b.*"),
                      ReadClient.hints("series"))));
      case KEY -> texts("a/instance/b/l@base64/eA", "=YQ/x@base64/w6k=", "a/U__a_2e_b/c");
      case PARAMETERS ->
          texts(
              "match[]=%7Ba%3D%22b%22%7D&start=-1&end=2023-11-14T22:13:20Z",
              "stale=true&limit=2&after=Mzpqb2IxOng");
      case SERIES_SELECTOR, GROUP_SELECTOR ->
          texts("{job=\"x\",i=~\"a.*|b{2}\",k!~\"\\\\d+\"}", "up{a!='b',\"c.d\"=`e`}");
      case YAML, WEB_CONFIG -> List.of(YAML.getBytes(UTF_8));
      case GROUP_FRAME -> List.of(SealedInputs.frame());
      case GROUP_SHAPE -> List.of(SealedInputs.shape(body().families()));
      case GROUP_STATE -> List.of(SealedInputs.state());
      case ROW_PAGE -> List.of(SealedInputs.rows());
      case GROUP_UPDATE ->
          List.of(
              UpdateCodec.encode(new GroupUpdate.Replace(GroupingKey.of("x", "l", "é"), body())),
              UpdateCodec.encode(new GroupUpdate.Delete(GroupingKey.of("x"))));
      case SUBMISSION ->
          List.of(
              SubmissionCodec.encode(new Submission.Accepted()),
              SubmissionCodec.encode(new Submission.Refused(GroupingKey.of("x"), "why")));
      case PEER_MESSAGE -> List.of(PeerInputs.message());
      case VIEW -> List.of(PeerInputs.view());
      case SERVER_QUESTION -> MemberInputs.questions();
      case SERVER_ANSWER -> MemberInputs.answers();
      case REQUEST -> requests();
    };
  }

  private static List<byte[]> requests() {
    var all = new ArrayList<byte[]>();
    all.add(joined("\u0000a/instance/b\n", TEXT.getBytes(UTF_8)));
    all.add(joined("\u0001a\n", protobuf()));
    all.add(joined("\u0002\n", packed(TEXT, true)));
    all.add(joined("\u0003\n", packed(TEXT, false)));
    all.add(joined("\u0004a\n", "push_time_seconds 1\na 1\n".getBytes(UTF_8)));
    all.add(joined("\u0005match[]=%7Bjob=%22a%22%7D&start=-1\n", new byte[0]));
    all.add(joined("\u0006\n", "match[]=%7Bjob=%22a%22%7D&dry_run=true".getBytes(UTF_8)));
    all.add(joined("\u0007api/v1/metrics\n", new byte[0]));
    return all;
  }

  private static List<byte[]> texts(String... texts) {
    return Stream.of(texts).map(text -> text.getBytes(UTF_8)).toList();
  }

  private static ParsedExposition body() {
    byte[] bytes = TEXT.getBytes(UTF_8);
    return new TextParser(NameValidation.UTF8).parse(bytes, bytes.length);
  }

  /** A gauge, its help and a label: {@code a{l="v"} 1.5}. */
  private static byte[] protobuf() {
    return HexFormat.of()
        .parseHex(
            "1f0a01611203646f6318012213" + "0a060a016c120176" + "1209" + "09000000000000f83f");
  }

  private static byte[] packed(String text, boolean gzip) {
    var packed = new ByteArrayOutputStream();
    try (OutputStream out =
        gzip ? new GZIPOutputStream(packed) : new SnappyFramedOutputStream(packed)) {
      out.write(text.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  private static byte[] joined(String head, byte[] body) {
    var all = new ByteArrayOutputStream();
    all.writeBytes(head.getBytes(ISO_8859_1));
    all.writeBytes(body);
    return all.toByteArray();
  }
}
