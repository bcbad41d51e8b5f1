#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <tuple>

#include "base/config/text.h"
#include "base/text/mask.h"

namespace actionflow::config {

namespace {

constexpr std::size_t kMostShown = 100;
constexpr std::size_t kWidestLine = 100;
constexpr std::size_t kBeforeCaret = 60;

std::string_view line_of(std::string_view text, int line) {
  for (int at = 1; at < line; ++at) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// One printable character each, the first `skip` left out.
std::vector<std::string> characters_of(std::string_view line, std::size_t skip, std::size_t most) {
  std::vector<std::string> characters;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < line.size() && characters.size() < most;) {
    std::size_t length = 1;
    while (i + length < line.size() && length < 4 && continues_character(line[i + length])) ++length;
    const bool control = static_cast<unsigned char>(line[i]) < 0x20 || line[i] == 0x7F;
    if (seen++ >= skip) characters.push_back(control ? " " : std::string(line.substr(i, length)));
    i += length;
  }
  return characters;
}

// The line with a caret under the column; a long one is cut around it.
std::string excerpt(const Place& place) {
  const std::string masked = with_credentials_starred(line_of(*place.text, place.line));
  const auto column = static_cast<std::size_t>(place.column - 1);
  const std::size_t skip = column > kBeforeCaret + 20 ? column - kBeforeCaret : 0;
  std::string shown;
  for (const std::string& character : characters_of(masked, skip, kWidestLine)) shown += character;
  while (shown.ends_with(' ')) shown.pop_back();
  return "  " + shown + "\n  " + std::string(column - skip, ' ') + "^\n";
}

std::string rendered(const Diagnostic& diagnostic) {
  const std::string where = to_string(diagnostic.place);
  std::string text = where.empty() ? "error: " : where + ": error: ";
  text += without_credentials(diagnostic.message);
  if (!diagnostic.hint.empty()) text += ", " + without_credentials(diagnostic.hint);
  text += "\n";
  const Place& place = diagnostic.place;
  if (place.text && place.line > 0 && place.column > 0) text += excerpt(place);
  return text;
}

std::string file_of(const Diagnostic& diagnostic) {
  return diagnostic.place.file ? *diagnostic.place.file : std::string();
}

}  // namespace

void Diagnostics::add(const Place& place, std::string message, std::string hint) {
  list_.push_back({place, std::move(message), std::move(hint)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  // Files in the order in which they were met, what has no line in a file after them.
  std::map<std::string, std::size_t> ranks;
  using Key = std::tuple<std::size_t, int, int>;
  std::vector<std::pair<Key, const Diagnostic*>> order;
  for (const Diagnostic& diagnostic : list_) {
    const Place& place = diagnostic.place;
    const std::size_t later = place.line > 0 ? 0 : list_.size();
    const std::size_t rank = ranks.emplace(file_of(diagnostic), ranks.size() + later).first->second;
    order.push_back({{rank, place.line, place.column}, &diagnostic});
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Diagnostic> sorted;
  // A value that several readers share (by an alias, or by `defaults:`) is reported once.
  std::set<std::pair<Key, std::string_view>> seen;
  for (const auto& [key, diagnostic] : order) {
    if (seen.emplace(key, diagnostic->message).second) sorted.push_back(*diagnostic);
  }
  return sorted;
}

std::string Diagnostics::render() const {
  const std::vector<Diagnostic> all = sorted();
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kMostShown); ++i) text += rendered(all[i]);
  if (all.size() > kMostShown) {
    text += "and " + std::to_string(all.size() - kMostShown) + " more errors\n";
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

void Diagnostics::throw_if_any() const {
  if (!empty()) throw ConfigError(sorted(), render());
}

}  // namespace actionflow::config
