// A folder of JPEG or PNG frames as a stream: in natural order (2.jpg before 10.jpg), each file one
// packet, time stamps k / frame_rate. What the first JPEG or PNG file holds decides, not its name; a file of
// another kind counts as damaged, and the first such is named in the log.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/video/ffmpeg.h"
#include "datasets/video/packet.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"

namespace actionflow {

class FrameFolderReader final : public Reader {
 public:
  // Throws SourceError: no frames, two kinds of names, pictures of a kind that is not read, links that lead
  // out of the folder.
  FrameFolderReader(const SourceOptions& options, const StopFlag& stop, const Clock& clock);

  const StreamInfo& info() const override { return info_; }
  std::optional<Packet> read() override;
  bool seek(std::int64_t pts_us) override;
  std::shared_ptr<const CodecParameters> codec_parameters() const override { return parameters_; }

 private:
  Packet packet(std::size_t index);
  void tell_of_another_kind(std::size_t index, const std::string& kind);
  AVCodecID codec_by_content() const;
  void measure();

  std::filesystem::path folder_;
  std::string shown_;
  std::vector<std::string> names_;
  double frame_rate_;
  const StopFlag& stop_;
  const Clock& clock_;
  StreamInfo info_;
  std::shared_ptr<const CodecParameters> parameters_;
  std::size_t next_ = 0;
  bool told_of_another_kind_ = false;
};

}  // namespace actionflow
