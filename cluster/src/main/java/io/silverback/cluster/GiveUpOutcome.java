package io.silverback.cluster;

import java.util.List;

/** What came of giving up a member that is lost for good, and with it a majority of the voters. */
public sealed interface GiveUpOutcome {
  /** It is done, or will be soon, without those members. */
  record Accepted(List<Member> lost) implements GiveUpOutcome {
    public Accepted {
      lost = List.copyOf(lost);
    }
  }

  /** Others are not heard either, and have to be given up, too. */
  record Incomplete(List<Member> unheard) implements GiveUpOutcome {
    public Incomplete {
      unheard = List.copyOf(unheard);
    }
  }

  /** Nothing is done; the reason says what to do instead. */
  record Refused(String reason) implements GiveUpOutcome {}
}
