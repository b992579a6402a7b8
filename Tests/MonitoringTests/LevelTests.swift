//  LevelTests.swift · MonitoringTests

import Monitoring
import Testing

@Suite struct `A level` {
    @Test(arguments: [
        ("57.1", 571), (" 57.1 ", 571), ("-3.0", -30), ("0.0", 0), ("105.1", 1051), ("9.9", 99),
        ("200.0", 2000), ("-50.0", -500), ("-0.5", -5),
    ])
    func `is read as meters print it`(text: String, tenths: Int) {
        #expect(Level(displayed: text)?.tenths == Int16(tenths))
    }

    @Test(arguments: [
        "-.-", "", " ", "Sta", "?? 53.3", "57", "57.", ".1", "57.12", "1057.1", "200.1", "-50.1",
        "5 7.1", "57.1dB", "+57.1", "nan", "0x1.0", "５７.1", "--1.0", "57,1",
    ])
    func `is not read out of garbage`(text: String) {
        #expect(Level(displayed: text) == nil)
    }

    @Test(arguments: [
        ("60.0 and 60.0", [600, 600], 60.0),
        ("50.0 and 70.0", [500, 700], 67.03),
        ("59 of 50.0 and one of 95.0", Array(repeating: 500, count: 59) + [950], 77.23),
    ])
    func `is averaged by energy`(what: String, tenths: [Int], mean: Double) {
        let average = Level.energyAverage(tenths.map { Level(tenths: Int16($0)) })!
        #expect(abs(average - mean) < 0.005, Comment(rawValue: what))
    }

    @Test func `of two equal sources together is three decibels more`() {
        let sum = 2 * Level(tenths: 600).energy
        #expect(abs(Level.decibels(ofEnergy: sum) - 63.01) < 0.005)
    }

    @Test func `of nothing does not exist`() {
        #expect(Level.energyAverage([]) == nil)
    }
}
