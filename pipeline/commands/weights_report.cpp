#include "pipeline/commands/weights_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text/json_text.h"
#include "models/formats/likeness.h"
#include "models/formats/names/name_map.h"
#include "pipeline/commands/arguments/shipped_files.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostNearest = 3;
constexpr double kLeastShare = 0.1;  // two networks have a few names in common without being alike

struct NearModel {
  std::string name;
  std::string names;  // the map under which it is; empty: without one
  Likeness likeness;
};

// By its own names, and by those of each map that is one of its.
std::vector<NearModel> near_models(const std::vector<ListedTensor>& tensors) {
  std::map<std::string, Architecture> networks;
  std::vector<NearModel> models;
  for (const std::filesystem::path& file : shipped_files("models", ".yaml")) {
    const std::string name = file.stem().string();
    const Architecture& network = networks.emplace(name, load_architecture(file)).first->second;
    models.push_back({name, {}, likeness(tensors, network)});
  }
  for (const std::filesystem::path& file : shipped_files("names", ".yaml"))
    for (const std::string& name : models_of_name_map(file))
      if (const auto network = networks.find(name); network != networks.end())
        models.push_back({name, file.stem().string(),
                          likeness(tensors, network->second, load_name_map(file, network->second))});
  return models;
}

// The likest first.
std::vector<NearModel> nearest_models(const std::vector<ListedTensor>& tensors) {
  std::vector<NearModel> models = near_models(tensors);
  std::erase_if(models, [](const NearModel& model) { return model.likeness.share() < kLeastShare; });
  std::stable_sort(models.begin(), models.end(), [](const NearModel& a, const NearModel& b) {
    return a.likeness.share() > b.likeness.share();
  });
  models.resize(std::min(models.size(), kMostNearest));
  return models;
}

std::string sentence(const NearModel& model) {
  const Likeness& found = model.likeness;
  const std::string names = model.names.empty() ? "" : " --names " + model.names;
  if (found.share() == 1)
    return fmt::format("It is of the network '{0}': --model {0}{1}\n", model.name, names);
  return fmt::format("It has {} of the {} parameters of '{}', and {} other tensors{}\n", found.fitting,
                     found.parameters, model.name, found.others, names.empty() ? "" : ", by" + names);
}

std::int64_t values_of(const std::vector<ListedTensor>& tensors) {
  std::int64_t values = 0;
  for (const ListedTensor& tensor : tensors) values += element_count(tensor.shape);
  return values;
}

}  // namespace

std::string weights_table(const FileContents& contents) {
  std::size_t widest = 0;
  for (const ListedTensor& tensor : contents.tensors) widest = std::max(widest, tensor.name.size());
  std::string text;
  for (const ListedTensor& tensor : contents.tensors) {
    text += fmt::format("{:<{}}  {:<8}  {}\n", tensor.name, widest, to_string(tensor.type),
                        to_string(tensor.shape));
  }
  text += fmt::format("\n{}: {} tensors, {} values\n", contents.format, contents.tensors.size(),
                      values_of(contents.tensors));
  const std::vector<NearModel> near = nearest_models(contents.tensors);
  if (near.empty()) return text + "It is like none of the networks that come with the program\n";
  for (const NearModel& model : near) {
    text += sentence(model);
    if (model.likeness.share() == 1) break;
  }
  return text;
}

std::string weights_json(const std::string& file, const FileContents& contents) {
  nlohmann::ordered_json json = {
      {"file", file}, {"format", contents.format}, {"tensors", nlohmann::ordered_json::array()}};
  for (const ListedTensor& tensor : contents.tensors)
    json["tensors"].push_back(
        {{"name", tensor.name}, {"type", to_string(tensor.type)}, {"shape", tensor.shape}});
  json["nearest"] = nlohmann::ordered_json::array();
  for (const NearModel& model : nearest_models(contents.tensors)) {
    json["nearest"].push_back({{"model", model.name},
                               {"names", model.names},
                               {"fitting", model.likeness.fitting},
                               {"parameters", model.likeness.parameters},
                               {"others", model.likeness.others}});
  }
  return json_text(json);
}

}  // namespace actionflow
