#include <fmt/format.h>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/text/json_list.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

std::string text_of(const nlohmann::json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : std::string();
}

}  // namespace

std::string without_brackets(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != '[' && c != ']') plain += c;
  }
  return plain;
}

std::vector<ListRow> something_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  const std::size_t errors_before = errors.count();
  const nlohmann::json json = parse_json_list(list, errors);
  if (errors.count() > errors_before) return rows;
  if (!json.is_array()) {
    errors.add(list.file().string(), "is not a JSON list, expected [{\"id\": …, \"template\": …}, …]");
    return rows;
  }
  for (std::size_t i = 0; i < json.size() && !errors.too_many(); ++i) {
    const std::string place = fmt::format("{}[{}]", list.file().string(), i);
    const std::string id = json[i].is_object() ? text_of(json[i], "id") : std::string();
    if (id.empty()) {
      errors.add(place, "has no id, expected {\"id\": …, \"template\": …}");
      continue;
    }
    std::string label = text_of(json[i], "template");
    // Some lists have nothing but the class itself.
    if (label.empty()) label = text_of(json[i], "label");
    ListRow row{place, id, {}, std::nullopt, {}};
    if (!label.empty()) {
      const std::string plain = without_brackets(label);
      row.label = context.classes.by_name(label) ? label : plain;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace actionflow
