package io.silverback.server.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.silverback.codec.exposition.NameValidation;
import io.silverback.codec.exposition.TextParser;
import io.silverback.codec.model.GroupingKey;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class PushTemplatesTest {
  private static final TextParser PARSER = new TextParser(NameValidation.UTF8);
  private static final GroupingKey KEY = GroupingKey.of("x");

  private final PushTemplates templates = new PushTemplates(1 << 20);
  private int parsed;

  @Test
  void aTextIsLearnedWhenItComesAgain() {
    push(KEY, "a 1\n");
    assertTrue(templates.of(KEY, false).isEmpty());

    push(KEY, "a 2\n");
    assertTrue(templates.of(KEY, false).isPresent());
  }

  @Test
  void groupsWithTheSameTextShareATemplate() {
    pushTwice("x", "a 1\n");
    long taken = templates.takenBytes();
    pushTwice("y", "a 1\n");

    assertSame(
        templates.of(GroupingKey.of("x"), false).orElseThrow(),
        templates.of(GroupingKey.of("y"), false).orElseThrow());
    assertEquals(taken, templates.takenBytes());
  }

  @Test
  void aTemplateIsOfOneFormat() {
    pushTwice("x", "a 1\n");

    assertTrue(templates.of(GroupingKey.of("x"), false).isPresent());
    assertTrue(templates.of(GroupingKey.of("x"), true).isEmpty());
  }

  @Test
  void memoryStaysWithinTheLimitAndGroupsThatPushKeepTheirs() {
    String body = manyLines(100);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 2_000; i++) {
        pushTwice("job" + i, body.replace("name", "name" + i));
        assertTrue(templates.takenBytes() <= 1 << 20);
        templates.hit(GroupingKey.of("job0"));
      }
    }
    assertTrue(templates.takenBytes() > 1 << 19);

    for (int i = 0; i < 2_000; i++) {
      templates.drop(GroupingKey.of("job" + i));
    }
    assertEquals(0, templates.takenBytes());
  }

  @Test
  void aGroupWhoseTextChangesAllTheTimeIsLearnedEverMoreSeldom() {
    for (int i = 0; i < 1_000; i++) {
      push(KEY, "a" + i / 2 + " 1\n");
    }

    assertTrue(parsed < 30, "parsed for templates: " + parsed);
  }

  @Test
  void aTextThatColumnsDoNotSayIsTriedSeldom() {
    for (int i = 0; i < 640; i++) {
      push(KEY, "# TYPE s summary\ns_sum 1\ns_sum 2\n");
    }

    assertFalse(templates.of(KEY, false).isPresent());
    assertTrue(parsed <= 11, "parsed for templates: " + parsed);
  }

  @Test
  void groupsThatThereIsNoMemoryForAreLearnedEverMoreSeldom() {
    var small = new PushTemplates(1);
    byte[] body = "a 1\n".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 1_000; i++) {
      learn(small, KEY, body);
    }

    assertTrue(small.of(KEY, false).isEmpty());
    assertEquals(0, small.takenBytes());
    assertTrue(parsed < 30, "parsed for templates: " + parsed);
  }

  @Test
  void withoutMemoryNothingIsLearned() {
    var none = new PushTemplates(0);
    byte[] body = "a 1\n".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 3; i++) {
      none.learn(KEY, body, body.length, false, _ -> PARSER.parse(body, body.length));
    }

    assertTrue(none.of(KEY, false).isEmpty());
  }

  private static String manyLines(int count) {
    var lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append("name{l=\"").append(i).append("\"} 1\n");
    }
    return lines.toString();
  }

  private void pushTwice(String job, String body) {
    push(GroupingKey.of(job), body);
    push(GroupingKey.of(job), body);
  }

  private void push(GroupingKey key, String body) {
    learn(templates, key, body.getBytes(StandardCharsets.UTF_8));
  }

  private void learn(PushTemplates by, GroupingKey key, byte[] body) {
    by.learn(
        key,
        body,
        body.length,
        false,
        numbered -> {
          parsed++;
          return PARSER.parse(numbered, numbered.length);
        });
  }
}
