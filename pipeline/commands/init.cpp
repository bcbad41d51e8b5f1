#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/log/log.h"
#include "base/text/json_text.h"
#include "base/text/mask.h"
#include "datasets/video/decoding/decoder.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"
#include "pipeline/commands/arguments/shipped_files.h"
#include "pipeline/commands/commands.h"
#include "pipeline/commands/first_pipeline.h"
#include "pipeline/graph/description.h"

namespace actionflow {
namespace {

// Before a first picture.
constexpr int kMostPackets = 500;

class Init : public Command {
 public:
  std::string name() const override { return "init"; }
  std::string summary() const override {
    return "look at cameras and files, and write a first pipeline file for them, with comments";
  }
  std::string files() const override { return "SOURCE…; asked for on a terminal where none is named"; }

  void declare(CLI::App& app) override {
    app.add_option("--weights", weights_, "the network that is to run; action_stream unless told")
        ->transform(find_weights)
        ->type_name("FILE");
    app.add_option("--output", output_, "the file to write; pipeline.yaml unless told")->type_name("FILE");
  }

  ExitCode run(const Arguments& arguments) override {
    if (!arguments.overrides.empty()) throw UsageError("init reads no YAML file that key=value could change");
    if (access(output_.c_str(), F_OK) == 0) refuse_to_overwrite();
    const Model model = load_model(weights_.empty() ? find_weights("action_stream") : weights_, nullptr);
    const std::filesystem::path weights =
        std::filesystem::absolute(weights_.empty() ? find_weights("action_stream") : weights_);
    const std::vector<std::string> sources = arguments.files.empty() ? ask() : arguments.files;
    std::vector<FirstStream> streams;
    int found = 0;
    for (const std::string& source : sources) found += look(source, streams) ? 1 : 0;
    if (found == 0) throw SourceError("none of the sources could be opened; nothing was written");
    const std::string text = first_pipeline(streams, model, weights.lexically_normal());
    read_pipeline(config::parse(text, output_, std::filesystem::path(output_).parent_path()));
    write(text);
    report(streams, arguments.json);
    return found == static_cast<int>(sources.size()) ? ExitCode::done : ExitCode::source;
  }

 private:
  [[noreturn]] void refuse_to_overwrite() const {
    throw UsageError(output_ + " is there already, expected the name of a new file after --output");
  }

  static std::vector<std::string> ask() {
    if (isatty(STDIN_FILENO) == 0) throw UsageError("expected SOURCE…: addresses of cameras, or files");
    std::vector<std::string> sources;
    std::string line;
    for (;;) {
      std::cerr << (sources.empty()
                        ? "Address of a camera (rtsp://user:password@host/path, /dev/video0) or a file: "
                        : "Another one, or nothing to go on: ");
      if (!std::getline(std::cin, line) || line.empty()) break;
      sources.push_back(line);
    }
    if (sources.empty()) throw UsageError("no source was named");
    return sources;
  }

  // Adds the stream whatever it finds; false where it could not be opened.
  static bool look(const std::string& source, std::vector<FirstStream>& streams) {
    SourceOptions options;
    options.source = source;
    FirstStream stream;
    stream.name = stream_name(source, streams);
    const bool is_path = source != "-" && source.find("://") == std::string::npos;
    stream.source = is_path ? std::filesystem::absolute(source).lexically_normal().string() : source;
    bool opened = true;
    log::info("{}: looking at {}", stream.name, source);
    try {
      stream.found = what_it_sends(options, stream.live);
      log::info("{}: {}", stream.name, stream.found);
    } catch (const SourceError& error) {
      opened = false;
      stream.found = "could not be opened when this was written: " + without_credentials(error.what());
      log::error("{}", error.what());
    }
    streams.push_back(std::move(stream));
    return opened;
  }

  static std::string what_it_sends(const SourceOptions& options, bool& live) {
    const StopFlag never{false};
    const auto reader = Reader::open(options, never);
    const auto decoder = Decoder::create(reader->codec_parameters(), 1);
    std::vector<Frame> frames;
    for (int i = 0; i < kMostPackets && frames.empty(); ++i) {
      const auto packet = reader->read();
      if (!packet) break;
      decoder->decode(*packet, frames);
    }
    if (frames.empty()) decoder->flush(frames);
    if (frames.empty()) throw SourceError(options.source + ": no picture could be decoded, expected a video");
    const StreamInfo& info = reader->info();
    live = info.live;
    std::string found =
        fmt::format("{}, {}×{}", info.codec, frames.front().display_width(), frames.front().display_height());
    if (info.frame_rate > 0) found += fmt::format(", {:.3g} frames/s", info.frame_rate);
    if (info.duration) found += fmt::format(", {:.1f} s", *info.duration);
    return found;
  }

  // For its owner alone: addresses may hold passwords.
  void write(const std::string& text) const {
    const int descriptor = open(output_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0 && errno == EEXIST) refuse_to_overwrite();
    if (descriptor < 0)
      throw UsageError(output_ + ": cannot be written, expected a folder that exists and is writable");
    const bool written = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    if (close(descriptor) == 0 && written) return;
    unlink(output_.c_str());
    throw Error(ExitCode::failure, output_ + ": cannot be written: " + std::strerror(error));
  }

  void report(const std::vector<FirstStream>& streams, bool json) const {
    if (json) {
      nlohmann::ordered_json line{{"file", output_}, {"streams", nlohmann::ordered_json::array()}};
      for (const FirstStream& stream : streams)
        line["streams"].push_back({{"name", stream.name}, {"found", stream.found}});
      std::cout << json_text(line) << "\n";
      return;
    }
    std::cout << "wrote " << output_ << "; run it with: actionflow classify " << output_ << "\n";
  }

  std::string weights_;
  std::string output_ = "pipeline.yaml";
};

}  // namespace

std::unique_ptr<Command> init_command() { return std::make_unique<Init>(); }

}  // namespace actionflow
