#include "models/formats/keras/keras_archive.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "base/files/mapped_file.h"
#include "base/files/temporary_folder.h"
#include "models/formats/zip/zip_directory.h"

namespace actionflow {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kMetadata = "metadata.json";
constexpr const char* kWeights = "model.weights.h5";

// Empty where it does not say: then the description's own form tells.
std::string version_in(std::string_view metadata, const std::string& file) {
  const auto json = nlohmann::json::parse(metadata, nullptr, false);
  if (!json.is_object()) throw ModelError(fmt::format("{}: its {} is damaged", file, kMetadata));
  const auto version = json.find("keras_version");
  return version != json.end() && version->is_string() ? version->get<std::string>() : std::string();
}

}  // namespace

struct KerasArchive::Weights {
  TemporaryFolder folder{"actionflow-keras"};
  std::filesystem::path file = folder.path() / kWeights;

  explicit Weights(std::string_view bytes) {
    std::ofstream stream(file, std::ios::binary);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (!stream)
      throw Error(ExitCode::failure, fmt::format("{} cannot be written: {}", file.string(),
                                                 std::generic_category().message(errno)));
  }
};

bool is_keras_archive(std::string_view bytes) {
  const auto entries = zip_entries(bytes, "");
  return entries.contains(kConfig) && entries.contains(kWeights);
}

KerasArchive::KerasArchive(const std::filesystem::path& file) : name_(file.string()) {
  const MappedFile mapped(file);
  const auto entries = zip_entries(mapped.bytes(), name_);
  for (const char* needed : {kConfig, kMetadata, kWeights})
    if (!entries.contains(needed)) throw ModelError(fmt::format("{}: holds no '{}'", name_, needed));
  config_ = entries.at(kConfig);
  version_ = version_in(entries.at(kMetadata), name_);
  weights_ = std::make_unique<const Weights>(entries.at(kWeights));
}

KerasArchive::~KerasArchive() = default;

template <class Read>
KerasFile KerasArchive::read_with(Read read_weights) const {
  try {
    KerasFile file = read_weights();
    file.model_config = config_;
    file.keras_version = version_;
    return file;
  } catch (const ModelError& error) {
    std::string message = error.what();
    const std::string own = weights_->file.string();
    if (message.starts_with(own)) message.replace(0, own.size(), fmt::format("{}: {}", name_, kWeights));
    throw ModelError(message);
  }
}

KerasFile KerasArchive::read() const {
  return read_with([&] { return read_keras_file(weights_->file); });
}

KerasFile KerasArchive::read(std::uint64_t network_bytes) const {
  return read_with([&] { return read_keras_file(weights_->file, network_bytes); });
}

}  // namespace actionflow
