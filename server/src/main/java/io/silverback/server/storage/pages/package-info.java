/** The history of groups: open and sealed pages, their ages, and how they are read. */
@NullMarked
package io.silverback.server.storage.pages;

import org.jspecify.annotations.NullMarked;
