// The text of a document: what its characters may be, and where they stand. For configuration's own
// .cpp files only.
#pragma once

#include "base/config/value.h"

namespace actionflow::config {

class Document {
 public:
  // Keeps the text for the carets of later messages. With `place`, everything stands there.
  Document(std::string_view text, const std::string& name, const Place* place);

  // Of the byte at `position`. Quick when asked in rising order.
  Place at(int position) const;
  // Whether a null is written there; yaml-cpp gives a missing value the place of what follows it.
  bool null_at(int position) const;
  bool tab_begins_line(int line) const;
  // UTF-8 without control characters; adds what is wrong.
  bool check_characters(Diagnostics& diagnostics) const;
  // At most so many of the characters that structure a document.
  bool check_signs(std::size_t most, Diagnostics& diagnostics) const;

 private:
  std::shared_ptr<const std::string> text_;
  Place whole_;
  bool everywhere_;
  // The last place asked for, from which the next is counted.
  mutable std::size_t position_ = 0;
  mutable int line_ = 1;
  mutable int column_ = 1;
};

// Whether a byte of UTF-8 goes on with the character before it.
bool continues_character(char c);

// For a message: shortened, control characters made visible; and the same in quotes.
std::string shortened(std::string_view text);
std::string quoted_for_message(std::string_view text);

// Puts the environment's value in the place of ${NAME} or ${NAME:default} that is the whole scalar.
void replace_environment(Value::Data& data, Diagnostics& diagnostics);

}  // namespace actionflow::config
