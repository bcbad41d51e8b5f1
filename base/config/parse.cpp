#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "base/config/load.h"
#include "base/config/text.h"
#include "base/config/value.h"
#include "base/files/file_kind.h"

namespace actionflow::config {

namespace {

constexpr std::size_t kMostBytes = 512 << 10;
constexpr std::size_t kMostNodes = 50'000;
// yaml-cpp takes in a whole [ … ] before it hands out its first part, at half a kilobyte a sign.
constexpr std::size_t kMostSigns = 50'000;
constexpr std::size_t kMostDepth = 64;

// Thrown through yaml-cpp when it is of no use to read on; the reason stands in the diagnostics.
struct Refused {};

// Turns the parser's events into a Value. Aliases share what they name, and count in full against
// the limit on nodes, so that nobody who walks the tree meets more of them.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const Document& document, std::shared_ptr<const std::filesystem::path> folder,
          Diagnostics& diagnostics)
      : document_(document), folder_(std::move(folder)), diagnostics_(diagnostics) {
    root_ = Value(std::make_shared<const Value::Data>(leaf(Value::Kind::null, document.at(0))));
  }

  Value take() { return std::move(root_); }
  // The text came to its end.
  bool whole() const { return whole_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    whole_ = false;
    if (documents_++ > 0) give_up(document_.at(mark.pos), "a second document, expected one in a file");
  }
  void OnDocumentEnd() override { whole_ = true; }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const bool written = document_.null_at(mark.pos);
    if (wants_key()) give_up(document_.at(mark.pos), "a key without a name, expected text");
    Value::Data data = leaf(Value::Kind::null, written ? document_.at(mark.pos) : place_of_missing());
    finish(std::move(data), anchor, 1);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Place place = document_.at(mark.pos);
    if (wants_key()) give_up(place, "an alias as a key, expected text");
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) give_up(place, "an alias inside what it names, a cycle");
    count(place, found->second.nodes);
    if (open_.size() + found->second.depth > kMostDepth) give_up_deep(place);
    put(found->second.value, found->second.nodes, found->second.depth);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const Place place = document_.at(mark.pos);
    refuse_tag(place, tag);
    if (wants_key()) return key(place, text, tag == "!");
    Value::Data data = leaf(Value::Kind::scalar, place);
    data.text = text;
    data.quoted = tag == "!";
    replace_environment(data, diagnostics_);
    finish(std::move(data), anchor, 1);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(Value::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(Value::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    Value::Data data;
    YAML::anchor_t anchor = 0;
    std::size_t nodes = 1;
    std::size_t depth = 1;
    bool has_key = false;
    bool skip = false;  // the value of a key that was refused
    std::string key;
    Place key_place;
    std::unordered_set<std::string> keys;
  };
  struct Anchored {
    Value value;
    std::size_t nodes;
    std::size_t depth;
  };

  [[noreturn]] void give_up(const Place& place, std::string message) {
    diagnostics_.add(place, std::move(message));
    throw Refused{};
  }
  [[noreturn]] void give_up_deep(const Place& place) {
    give_up(place, "nested too deeply, expected at most " + std::to_string(kMostDepth) + " levels");
  }

  bool wants_key() const {
    return !open_.empty() && open_.back().data.kind == Value::Kind::map && !open_.back().has_key;
  }

  Place place_of_missing() const {
    if (open_.empty()) return document_.at(0);
    return open_.back().has_key ? open_.back().key_place : open_.back().data.place;
  }

  Value::Data leaf(Value::Kind kind, const Place& place) {
    count(place, 1);
    Value::Data data;
    data.kind = kind;
    data.place = place;
    data.folder = folder_;
    return data;
  }

  void count(const Place& place, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > kMostNodes) {
      give_up(place, "too many values, expected at most " + std::to_string(kMostNodes) +
                         ", aliases counted in full");
    }
  }

  void refuse_tag(const Place& place, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.add(place, "tag " + quoted_for_message(tag) + ", expected a value without a tag");
  }

  void key(const Place& place, const std::string& text, bool quoted) {
    count(place, 1);
    Open& map = open_.back();
    map.has_key = true;
    map.key = text;
    map.key_place = place;
    map.skip = true;
    if (text == "<<" && !quoted) {
      diagnostics_.add(place,
                       "merge keys (<<) are not read, expected 'defaults:' or a whole value by an alias");
    } else if (!map.keys.insert(text).second) {
      diagnostics_.add(place,
                       "key " + quoted_for_message(text) + " stands twice, expected once" + first_line(map));
    } else {
      map.skip = false;
    }
  }

  static std::string first_line(const Open& map) {
    for (const Value::Entry& entry : map.data.entries) {
      if (entry.key == map.key && entry.key_place.line > 0) {
        return " (first in line " + std::to_string(entry.key_place.line) + ")";
      }
    }
    return {};
  }

  void begin(Value::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const Place place = document_.at(mark.pos);
    refuse_tag(place, tag);
    if (wants_key())
      give_up(place, "a list or map where a key should stand, expected text; is a bracket left open?");
    if (open_.size() >= kMostDepth) give_up_deep(place);
    Open& open = open_.emplace_back();
    open.data = leaf(kind, place);
    open.anchor = anchor;
  }

  void end() {
    Open open = std::move(open_.back());
    open_.pop_back();
    finish(std::move(open.data), open.anchor, open.nodes, open.depth);
  }

  void finish(Value::Data data, YAML::anchor_t anchor, std::size_t nodes, std::size_t depth = 0) {
    Value value(std::make_shared<const Value::Data>(std::move(data)));
    if (anchor != 0) anchors_.insert_or_assign(anchor, Anchored{value, nodes, depth});
    put(std::move(value), nodes, depth);
  }

  void put(Value value, std::size_t nodes, std::size_t depth) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& open = open_.back();
    open.nodes += nodes;
    open.depth = std::max(open.depth, depth + 1);
    if (open.data.kind == Value::Kind::list) {
      open.data.items.push_back(std::move(value));
      return;
    }
    if (!open.skip) open.data.entries.push_back({std::move(open.key), open.key_place, std::move(value)});
    open.has_key = false;
    open.skip = false;
  }

  const Document& document_;
  std::shared_ptr<const std::filesystem::path> folder_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
  bool whole_ = false;
  Value root_;
};

std::string in_our_words(const std::string& message) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"illegal map value", "a ':' where none can stand, expected 'key: value', indented as its neighbours"},
      {"illegal block entry", "a '-' where none can stand, expected list items on lines of their own"},
      {"end of sequence not found",
       "not an item of the list above, expected '- item', indented as its neighbours"},
      {"end of map not found",
       "not a key of the map above, expected 'key: value', indented as its neighbours"},
      {"end of sequence flow not found", "a '[' is not closed, expected ',' or ']'"},
      {"end of map flow not found", "a '{' is not closed, expected ',' or '}'"},
      {"illegal flow end", "a bracket closes that was not opened, expected its partner before"},
      {"illegal EOF in scalar", "a quote is not closed, expected its partner"},
      {"unknown token",
       "a character that begins nothing, expected text, in quotes where it begins with a sign"},
      {"the referenced anchor is not defined",
       "an alias of nothing, expected an anchor of its name before it"},
  };
  for (const auto& [theirs, ours] : kWords) {
    if (message == theirs) return std::string(ours);
  }
  return "not YAML: " + message;
}

void run_parser(std::string_view text, const Document& document, Builder& builder, Diagnostics& diagnostics) {
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused&) {
    return;
  } catch (const YAML::Exception& error) {
    const bool known = error.mark.pos >= 0;
    const Place place = document.at(known ? error.mark.pos : 0);
    const bool tab = document.tab_begins_line(place.line);
    diagnostics.add(place, tab ? "a tab begins the line, expected spaces" : in_our_words(error.msg));
  }
}

constexpr std::size_t kHeadBytes = 4096;

[[noreturn]] void refuse_file(const std::string& name, const std::string& reason) {
  Diagnostics diagnostics;
  diagnostics.add({std::make_shared<const std::string>(name), 0, 0, nullptr}, reason);
  diagnostics.throw_if_any();
  throw UsageError(reason);
}

// Its bytes are not to be shown.
void refuse_binary(std::string_view text, const std::string& name) {
  const std::string_view head = text.substr(0, kHeadBytes);
  if (head.find('\0') == std::string_view::npos) return;
  const std::string_view kind = file_kind(head);
  refuse_file(name, kind.empty() ? "is no text, expected a YAML file"
                                 : "is no YAML file, it seems to be " + std::string(kind));
}

std::string read_file(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    refuse_file(file.string(), "is a folder, expected a YAML file");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse_file(file.string(), std::string("cannot be opened: ") + std::strerror(errno));
  std::string text(kMostBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) refuse_file(file.string(), std::string("cannot be read: ") + std::strerror(errno));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  refuse_binary(text, file.string());
  return text;
}

}  // namespace

namespace {

Value parse_all(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                const Place* place, Diagnostics& diagnostics) {
  if (text.size() > kMostBytes) refuse_file(name, "larger than 512 KiB, expected a configuration");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const Document document(text, name, place);
  Builder builder(document, std::make_shared<const std::filesystem::path>(folder), diagnostics);
  if (document.check_characters(diagnostics) && document.check_signs(kMostSigns, diagnostics))
    run_parser(text, document, builder, diagnostics);
  if (!builder.whole()) diagnostics.throw_if_any();
  return builder.take();
}

}  // namespace

Value parse_document(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                     const Place* place) {
  Diagnostics diagnostics;
  Value value = parse_all(text, name, folder, place, diagnostics);
  diagnostics.throw_if_any();
  return value;
}

Value parse(std::string_view text, const std::string& name, const std::filesystem::path& folder,
            std::span<const Override> overrides) {
  return apply(parse_document(text, name, folder), overrides);
}

Value load(const std::filesystem::path& file, std::span<const Override> overrides) {
  return parse(read_file(file), file.string(), file.parent_path(), overrides);
}

Value load(const std::filesystem::path& file, std::span<const Override> overrides, Diagnostics& diagnostics) {
  return apply(parse_all(read_file(file), file.string(), file.parent_path(), nullptr, diagnostics),
               overrides);
}

}  // namespace actionflow::config
