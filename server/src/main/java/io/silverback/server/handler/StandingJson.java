package io.silverback.server.handler;

import com.fasterxml.jackson.core.JsonGenerator;
import io.silverback.server.handler.ClusterInfo.Part;
import io.silverback.server.handler.ClusterInfo.Peer;
import io.silverback.server.handler.ClusterInfo.Standing;
import io.silverback.server.handler.ClusterInfo.Word;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/** How a cluster stands, as {@code docs/formats/cluster-api.md} describes it. */
final class StandingJson {
  private StandingJson() {}

  static void write(Standing standing, JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("cluster_id", standing.clusterId());
    out.writeNumberField("generation", standing.generation());
    out.writeNumberField("epoch", standing.epoch());
    out.writeBooleanField("settled", standing.waitingFor().isEmpty());
    out.writeArrayFieldStart("waiting_for");
    for (String sentence : standing.waitingFor()) {
      out.writeString(sentence);
    }
    out.writeEndArray();
    out.writeObjectFieldStart("failure_tolerance");
    out.writeNumberField("without_losing_pushes", standing.losable());
    out.writeNumberField("without_stopping_pushes", standing.stoppable());
    out.writeEndObject();
    out.writeObjectFieldStart("slots");
    out.writeNumberField("led", sum(standing, Word::ledSlots));
    out.writeNumberField("taking_over", sum(standing, Word::takingOver));
    out.writeNumberField("handing_over", sum(standing, Word::handingOver));
    out.writeNumberField("under_replicated", sum(standing, Word::underReplicated));
    out.writeNumberField("moving_history", sum(standing, Word::movingHistory));
    out.writeEndObject();
    out.writeArrayFieldStart("members");
    for (Part part : standing.parts()) {
      write(part, standing.parts(), out);
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static int sum(Standing standing, ToIntFunction<Word> count) {
    return standing.parts().stream().flatMap(part -> part.word().stream()).mapToInt(count).sum();
  }

  private static void write(Part part, List<Part> all, JsonGenerator out) throws IOException {
    Peer member = part.member();
    Optional<Word> word = part.word();
    out.writeStartObject();
    out.writeStringField("node_id", member.nodeId());
    out.writeStringField("web_address", member.webAddress());
    out.writeBooleanField("votes", member.votes());
    out.writeBooleanField("voter_only", member.voterOnly());
    out.writeBooleanField("may_lead", member.mayLead());
    out.writeStringField("drain", member.drain());
    out.writeBooleanField("silent", !part.unheardBy(all).isEmpty());
    out.writeBooleanField("answered", word.isPresent());
    out.writeBooleanField("ready", word.filter(said -> said.whyNotReady().isEmpty()).isPresent());
    out.writeStringField("reason", word.flatMap(Word::whyNotReady).orElse(""));
    out.writeObjectFieldStart("slots");
    out.writeNumberField("should_lead", part.share().shouldLead());
    if (word.isPresent()) {
      out.writeNumberField("led", word.get().ledSlots());
      out.writeNumberField("taking_over", word.get().takingOver());
      out.writeNumberField("handing_over", word.get().handingOver());
      out.writeNumberField("under_replicated", word.get().underReplicated());
      out.writeNumberField("fewest_copies", word.get().fewestCopies());
      out.writeNumberField("moving_history", word.get().movingHistory());
    }
    out.writeEndObject();
    out.writeEndObject();
  }
}
