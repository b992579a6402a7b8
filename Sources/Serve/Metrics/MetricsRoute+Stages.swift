//  MetricsRoute+Stages.swift · Serve
//
//  What pipeline, store and deliveries count, for Prometheus.

import Monitoring

extension MetricsRoute {
    /// Frames by what became of them: the first family adds up to what was taken, the second to
    /// what went on to the store.
    func writePipeline(_ counts: PipelineCounts, _ text: inout MetricsText) {
        text.family("earshot_frames_total", .counter, "Frames by the scrub's verdict.") {
            $0.sample(["verdict": "accepted"], Double(counts.accepted))
            $0.sample(["verdict": "late"], Double(counts.late))
            $0.sample(["verdict": "filled"], Double(counts.filled))
            $0.sample(["verdict": "repeated"], Double(counts.repeated))
            for reason in FaultReason.allCases {
                guard let count = counts.dropped[reason] else { continue }
                $0.sample(["verdict": "dropped_\(reason.rawValue)"], Double(count))
            }
        }
        text.family("earshot_frames_handed_total", .counter, "Frames by the store's verdict.") {
            $0.sample(["verdict": "stored"], Double(counts.stored))
            $0.sample(["verdict": "duplicate"], Double(counts.duplicates))
            $0.sample(["verdict": "conflict"], Double(counts.conflicts))
            $0.sample(["verdict": "rejected"], Double(counts.rejected))
            $0.sample(["verdict": "lost"], Double(counts.lost))
        }
        text.family(
            "earshot_clock_steps_total", .counter, "How often an upstream's clock went back.",
            Double(counts.clockSteps))
        text.family(
            "earshot_channel_observations", .gauge, "Waiting between ingest and pipeline.",
            Double(counts.waiting))
        text.family(
            "earshot_channel_observations_limit", .gauge, "Where ingest begins to wait.",
            Double(counts.waitingMaximum))
    }

    func writeNotifications(_ deliveries: DeliveryPage, _ text: inout MetricsText) {
        text.family(
            "earshot_notifications", .gauge, "Messages that wait, and those that nobody got."
        ) {
            $0.sample(["status": "pending"], Double(deliveries.pending))
            $0.sample(["status": "dead"], Double(deliveries.dead))
        }
    }

    func writeStore(_ statistics: StoreStatistics, isWorking: Bool, _ text: inout MetricsText) {
        text.family(
            "earshot_store_working", .gauge, "Whether the store can do all of its work.",
            isWorking ? 1 : 0)
        text.family(
            "earshot_store_damaged_parts", .gauge, "Parts of the store that cannot be read.",
            Double(statistics.damageCount))
        text.family(
            "earshot_store_frames_total", .counter, "Frames made durable.",
            Double(statistics.framesStored))
        text.family(
            "earshot_store_waiting_frames", .gauge, "Taken, not durable yet.",
            Double(statistics.framesWaiting))
        text.family(
            "earshot_store_head_frames", .gauge, "Durable in the log, not in a segment yet.",
            Double(statistics.framesInHead))
        text.family(
            "earshot_store_log_bytes", .gauge, "The write-ahead log.", Double(statistics.logBytes))
        text.family(
            "earshot_store_log_files", .gauge, "Its files.", Double(statistics.logFiles))
        let levels = statistics.segments.sorted { $0.key < $1.key }
        text.family("earshot_store_segments", .gauge, "Segments by level.") {
            for (level, segments) in levels {
                $0.sample(["level": "\(level)"], Double(segments.count))
            }
        }
        text.family("earshot_store_segment_bytes", .gauge, "Their size.") {
            for (level, segments) in levels {
                $0.sample(["level": "\(level)"], Double(segments.bytes))
            }
        }
        text.family(
            "earshot_store_commits_total", .counter, "Group commits.", Double(statistics.commits))
        text.family(
            "earshot_store_last_commit_seconds", .gauge, "How long the last commit took.",
            statistics.lastCommit.map { $0 / .seconds(1) })
    }
}
