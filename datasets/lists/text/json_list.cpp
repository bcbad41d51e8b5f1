#include "datasets/lists/text/json_list.h"

#include <fmt/format.h>

namespace actionflow {

namespace {

constexpr int kDeepest = 16;

}  // namespace

nlohmann::json parse_json_list(const ListText& list, ListErrors& errors) {
  const nlohmann::json::parser_callback_t shallow = [](int depth, nlohmann::json::parse_event_t,
                                                       nlohmann::json&) {
    if (depth > kDeepest) throw DatasetError("nests deeper than lists do");
    return true;
  };
  try {
    return nlohmann::json::parse(list.text(), shallow);
  } catch (const nlohmann::json::parse_error& error) {
    errors.add(list.place(list.line_of(error.byte)), fmt::format("is not JSON here (byte {})", error.byte));
  } catch (const nlohmann::json::out_of_range&) {
    errors.add(list.file().string(), "holds a number that is too large");
  } catch (const DatasetError& error) {
    errors.add(list.file().string(), error.what());
  }
  return nullptr;
}

}  // namespace actionflow
