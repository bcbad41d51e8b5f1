#include "base/config/config.h"

#include "base/config/value.h"
#include "base/text/mask.h"
#include "base/text/remote_name.h"

namespace actionflow::config {

namespace {

const std::filesystem::path& no_folder() {
  static const std::filesystem::path none;
  return none;
}

}  // namespace

std::string to_string(const Place& place) {
  std::string text = place.file ? without_credentials(*place.file) : std::string();
  if (place.line > 0) text += (text.empty() ? "line " : ":") + std::to_string(place.line);
  if (place.line > 0 && place.column > 0) text += ":" + std::to_string(place.column);
  return text;
}

Value::Value() {
  static const auto null = std::make_shared<const Data>();
  data_ = null;
}

Value::Value(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

Value::Kind Value::kind() const { return data_->kind; }
const Place& Value::place() const { return data_->place; }
const std::string& Value::text() const { return data_->text; }
bool Value::quoted() const { return data_->quoted; }
bool Value::secret() const { return data_->secret; }
const std::vector<Value>& Value::items() const { return data_->items; }
const std::vector<Value::Entry>& Value::entries() const { return data_->entries; }

const Value* Value::find(std::string_view key) const {
  for (const Entry& entry : data_->entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

const std::filesystem::path& Value::folder() const { return data_->folder ? *data_->folder : no_folder(); }

std::filesystem::path Value::path() const {
  std::filesystem::path path = text();
  if (path.empty() || path.is_absolute() || folder().empty() || is_remote(path.native())) return path;
  return (folder() / path).lexically_normal();
}

Value make_scalar(std::string text, bool quoted) {
  auto data = std::make_shared<Value::Data>();
  data->kind = Value::Kind::scalar;
  data->text = std::move(text);
  data->quoted = quoted;
  return Value(std::move(data));
}

Value make_list(std::vector<Value> items) {
  auto data = std::make_shared<Value::Data>();
  data->kind = Value::Kind::list;
  data->items = std::move(items);
  return Value(std::move(data));
}

Value make_map(std::vector<Value::Entry> entries) {
  auto data = std::make_shared<Value::Data>();
  data->kind = Value::Kind::map;
  data->entries = std::move(entries);
  return Value(std::move(data));
}

Value make_secret(const Value& value) {
  auto data = std::make_shared<Value::Data>(value.data());
  data->secret = true;
  return Value(std::move(data));
}

Value merge(const Value& under, const Value& over) {
  if (under.is_map() && over.is_null()) return under;
  if (!under.is_map() || !over.is_map()) return over;
  auto data = std::make_shared<Value::Data>(over.data());
  data->entries.clear();
  for (const Value::Entry& entry : under.entries()) {
    const Value* above = over.find(entry.key);
    data->entries.push_back({entry.key, entry.key_place, above ? merge(entry.value, *above) : entry.value});
  }
  for (const Value::Entry& entry : over.entries()) {
    if (!under.find(entry.key)) data->entries.push_back(entry);
  }
  return Value(std::move(data));
}

}  // namespace actionflow::config
