// A file that begins anew when it is over, its time stamps going on as if it were one long video.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "datasets/video/packet.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

class LoopingReader final : public Reader {
 public:
  using Open = std::function<std::unique_ptr<Reader>()>;
  // `first`: the file opened; `open` opens it for each further pass.
  LoopingReader(std::unique_ptr<Reader> first, Open open);

  const StreamInfo& info() const override { return info_; }
  // Ends where a pass has no packet. Throws SourceError where the file is another one by now, of a form that
  // the decoder does not expect.
  std::optional<Packet> read() override;
  std::int64_t damaged() const override { return damaged_before_ + reader_->damaged(); }
  std::shared_ptr<const CodecParameters> codec_parameters() const override { return parameters_; }

 private:
  bool begin_anew();
  void move_on(Packet& packet);

  const Open open_;
  std::unique_ptr<Reader> reader_;
  const std::shared_ptr<const CodecParameters> parameters_;
  StreamInfo info_;
  std::int64_t damaged_before_ = 0;  // in passes that are over
  // In units of the stream's time base.
  std::int64_t moved_ = 0;             // of this pass
  std::optional<std::int64_t> begin_;  // of a pass, as the file has it
  std::int64_t end_ = 0;               // of this pass so far, likewise
};

}  // namespace actionflow
