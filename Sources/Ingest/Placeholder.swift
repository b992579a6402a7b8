//  Ingest.swift · Ingest
