// Whole numbers computed from named ones: `$filters * 4`, `27 * $in / (9 * $in + 3)`, `($index + 1) % 2`.
//
// + - * / % with their usual precedence, parentheses, and below them == != < > <= >=, which give 1 or 0. `/`
// rounds down, and `%` is what that leaves, never negative for a positive divisor. 64 bits; anything beyond
// is an error, as is a division by zero.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace actionflow {

// What is wrong, as the end of a sentence: "divides by zero", "has no ')' for its '('".
struct ExpressionError {
  std::string message;
};

// The number that `$name` stands for; may throw.
using NumberByName = std::function<std::int64_t(std::string_view name)>;

// Throws ExpressionError, and what `number` throws. Deep nesting is an error, too.
std::int64_t evaluate(std::string_view text, const NumberByName& number);

// Whether the text is `$name` and nothing else.
bool is_single_name(std::string_view text);

}  // namespace actionflow
