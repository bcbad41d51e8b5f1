#include "models/description/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

namespace actionflow {
namespace {

constexpr int kDeepestParentheses = 64;

bool is_name(unsigned char c) { return std::isalnum(c) != 0 || c == '_'; }

[[noreturn]] void fail_expression(std::string message) { throw ExpressionError{std::move(message)}; }

// Rounded down.
std::int64_t quotient(std::int64_t a, std::int64_t b) {
  if (b == 0) fail_expression("divides by zero");
  if (a == std::numeric_limits<std::int64_t>::min() && b == -1) fail_expression("is beyond 64 bits");
  return a / b - static_cast<std::int64_t>(a % b != 0 && (a < 0) != (b < 0));
}

std::int64_t calculate(std::string_view operation, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool beyond = false;
  switch (operation[0]) {
    case '+':
      beyond = __builtin_add_overflow(a, b, &result);
      break;
    case '-':
      beyond = __builtin_sub_overflow(a, b, &result);
      break;
    case '*':
      beyond = __builtin_mul_overflow(a, b, &result);
      break;
    case '/':
      return quotient(a, b);
    case '%':
      return a - quotient(a, b) * b;
    case '=':
      return static_cast<std::int64_t>(a == b);
    case '!':
      return static_cast<std::int64_t>(a != b);
    case '<':
      return static_cast<std::int64_t>(operation == "<" ? a < b : a <= b);
    default:
      return static_cast<std::int64_t>(operation == ">" ? a > b : a >= b);
  }
  if (beyond) fail_expression("is beyond 64 bits");
  return result;
}

class Reader {
 public:
  Reader(std::string_view text, const NumberByName& number) : rest_(text), number_(number) {}

  std::int64_t all() {
    const std::int64_t value = comparison();
    skip_spaces();
    if (!rest_.empty()) fail_expression(fmt::format("has '{}' where an operator was expected", rest_));
    return value;
  }

 private:
  std::int64_t comparison() {
    static constexpr std::array<std::string_view, 6> operations{"==", "!=", "<=", ">=", "<", ">"};
    return chain(operations, [this] { return sum(); });
  }
  std::int64_t sum() {
    static constexpr std::array<std::string_view, 2> operations{"+", "-"};
    return chain(operations, [this] { return product(); });
  }
  std::int64_t product() {
    static constexpr std::array<std::string_view, 3> operations{"*", "/", "%"};
    return chain(operations, [this] { return term(); });
  }

  template <class Operations, class Operand>
  std::int64_t chain(const Operations& operations, Operand operand) {
    std::int64_t value = operand();
    while (true) {
      skip_spaces();
      const auto* const found = std::find_if(operations.begin(), operations.end(),
                                             [&](std::string_view each) { return rest_.starts_with(each); });
      if (found == operations.end()) return value;
      rest_.remove_prefix(found->size());
      value = calculate(*found, value, operand());
    }
  }

  std::int64_t term() {
    skip_spaces();
    if (rest_.starts_with('(')) return in_parentheses();
    if (rest_.starts_with('$')) return named();
    return literal();
  }

  std::int64_t in_parentheses() {
    if (++depth_ > kDeepestParentheses) fail_expression("has too many parentheses");
    rest_.remove_prefix(1);
    const std::int64_t value = comparison();
    skip_spaces();
    if (!rest_.starts_with(')')) fail_expression("has no ')' for its '('");
    rest_.remove_prefix(1);
    --depth_;
    return value;
  }

  std::int64_t named() {
    rest_.remove_prefix(1);
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), is_name);
    const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(name.size());
    return number_(name);
  }

  std::int64_t literal() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error == std::errc::result_out_of_range) fail_expression("is beyond 64 bits");
    if (error != std::errc{}) fail_expression("lacks a whole number or a $name");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  void skip_spaces() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }

  std::string_view rest_;
  const NumberByName& number_;
  int depth_ = 0;
};

}  // namespace

std::int64_t evaluate(std::string_view text, const NumberByName& number) {
  return Reader(text, number).all();
}

bool is_single_name(std::string_view text) {
  return text.size() > 1 && text[0] == '$' && std::all_of(text.begin() + 1, text.end(), is_name);
}

}  // namespace actionflow
