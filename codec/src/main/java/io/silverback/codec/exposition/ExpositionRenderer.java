package io.silverback.codec.exposition;

import io.silverback.codec.model.Family;

/**
 * Writes metric families in one format. Stateless and safe to share between threads.
 *
 * <p>Metrics are written in the order in which the family holds them; the caller has sorted them.
 */
public interface ExpositionRenderer {
  void render(Family family, ExpositionBuffer out);
}
